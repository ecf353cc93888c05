-- Decides on all counts of one check that this server has (GCRA): either every taken event is counted or none. A count is
-- a single number, the "theoretical arrival time": when its burst is whole again, in microseconds of this server's clock.
--
-- KEYS[i]       rl:{<site>/<subject>}:<limit>, each once; on a cluster all of one hash tag, which spreads subjects over
--               the slots
-- ARGV[1]       the time of this server after which nothing may be counted any more; 0: count whenever it comes
-- ARGV[4i - 2]  interval: microseconds after which one more event fits
-- ARGV[4i - 1]  tolerance: (burst - 1) * interval
-- ARGV[4i]      n >= 1 takes one event where n events fit (n - 1 are the reserve, less than the burst), 0 only looks whether one
--               fits, -1 gives back one that was taken
-- ARGV[4i + 1]  1: when it is denied, nothing is counted; 0: it is only told (SHADOW)
-- Returns       { time of this server, then per key: fits 0 or 1, microseconds until a denied event fits, events left }
--               or the time alone: it came too late and nothing was counted
--
-- A script, because replicas with different clocks must read, decide and write as one step. It may come late, because a
-- frozen server finds in its buffers, when it thaws, the calls of those who have long been answered without it.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local latest = tonumber(ARGV[1])
local answer, counts, denied = { now }, {}, false
if latest > 0 and now > latest then
  return answer
end

local stored = redis.call('MGET', unpack(KEYS))
for i = 1, #KEYS do
  local interval, tolerance, weight = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
  local reserve = math.max(weight - 1, 0) * interval
  local count, wait = tonumber(stored[i] or ''), 0
  -- Never further ahead than a whole burst: a clock set back or a shortened quota must not lock anyone out.
  local tat = math.max(now, math.min(count or now, now + tolerance + interval))
  if weight < 0 then
    -- Of a count that is gone there is nothing to give back.
    tat = count and math.max(now, tat - interval) or now
  elseif tat + reserve - tolerance > now then
    wait = tat + reserve - tolerance - now
    denied = denied or ARGV[4 * i + 1] == '1'
  else
    tat = tat + math.min(weight, 1) * interval
  end
  -- Nothing is written of a denied try: it neither counts nor prolongs the key.
  if wait == 0 and weight ~= 0 then
    counts[i] = tat
  end
  answer[3 * i - 1] = wait == 0 and 1 or 0
  answer[3 * i] = wait
  answer[3 * i + 1] = wait == 0 and math.floor((now + tolerance + interval - tat) / interval) or 0
end

if not denied then
  for i, tat in pairs(counts) do
    if tat > now then
      -- "%.0f", because Lua would write such numbers as 1.7e+15.
      redis.call('SET', KEYS[i], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000))
    elseif stored[i] then
      redis.call('DEL', KEYS[i])
    end
  end
end
return answer
