-- Decides on all counts of some checks, one check after another (GCRA): of a check, either every taken event is counted or none.
-- A count is a single number, the "theoretical arrival time": when its burst is whole again, in microseconds of this server's clock.
--
-- KEYS[i]    rl:{<site>/<subject>}:<limit>, first those of the first check, then those of the next; in a check each once;
--            on a cluster all of one hash tag, which spreads subjects over the slots
-- ARGV[1]    d, the number of different demands, each of which is four arguments:
--   interval   microseconds after which one more event fits
--   tolerance  (burst - 1) * interval
--   weight     n >= 1 takes one event where n events fit (n - 1 are the reserve, less than the burst), 0 only looks whether one
--              fits, -1 gives back one that was taken
--   enforced   1: when it is denied, its check counts nothing; 0: it is only told (SHADOW)
-- then for each check:
--   latest     the time of this server after which it may not be counted any more; 0: count it whenever it comes
--   n          the number of its keys, and for each of them the number of its demand, from 1
-- Returns    { time of this server, then per key: events left, or when it is denied the microseconds until it fits, negative,
--            or nil: its check came too late and counted nothing }
--
-- A script, because replicas with different clocks must read, decide and write as one step. It may come late, because a
-- frozen server finds in its buffers, when it thaws, the calls of those who have long been answered without it.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local stored = redis.call('MGET', unpack(KEYS))
local demands, counts, answer = {}, {}, { now }
for d = 1, tonumber(ARGV[1]) do
  local at = 4 * d - 2
  demands[d] = { tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3] == '1' }
end

local first, at = 1, 4 * #demands + 2
while first <= #KEYS do
  local latest, last = tonumber(ARGV[at]), first + tonumber(ARGV[at + 1]) - 1
  local late, taken, denied = latest > 0 and now > latest, {}, false
  for i = first, last do
    local interval, tolerance, weight, enforced = unpack(demands[tonumber(ARGV[at + 2 + i - first])])
    local reserve = math.max(weight - 1, 0) * interval
    -- A key may be an earlier check's, too.
    local count, wait = counts[KEYS[i]] or tonumber(stored[i] or ''), 0
    -- Never further ahead than a whole burst: a clock set back or a shortened quota must not lock anyone out.
    local tat = math.max(now, math.min(count or now, now + tolerance + interval))
    if weight < 0 then
      -- Of a count that is gone there is nothing to give back.
      tat = count and math.max(now, tat - interval) or now
    elseif tat + reserve - tolerance > now then
      wait = tat + reserve - tolerance - now
      denied = denied or enforced
    else
      tat = tat + math.min(weight, 1) * interval
    end
    -- Nothing is written of a denied try: it neither counts nor prolongs the key.
    if wait == 0 and weight ~= 0 then
      taken[KEYS[i]] = tat
    end
    if late then
      answer[i + 1] = false
    else
      answer[i + 1] = wait > 0 and -wait or math.floor((now + tolerance + interval - tat) / interval)
    end
  end
  if not late and not denied then
    for key, tat in pairs(taken) do
      counts[key] = tat
    end
  end
  at, first = at + 3 + last - first, last + 1
end

for i, key in ipairs(KEYS) do
  local tat = counts[key]
  if tat and tat > now then
    -- "%.0f", because Lua would write such numbers as 1.7e+15.
    redis.call('SET', key, string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000))
  elseif tat and stored[i] then
    redis.call('DEL', key)
  end
  counts[key] = nil
end
return answer
