-- Decides several checks in sequence by GCRA. Of one check, either all events are counted or none is.
-- A count is a single number, its "theoretical arrival time": the time at which its whole burst is available again, in
-- microseconds of this server's clock.
--
-- KEYS[i]    rl:{<site>/<subject>}:<limit>: the keys of the first check, then those of the second, and so on. A check
--            has each key once. On a cluster, all keys of a call have the same hash tag. Hash tags spread subjects over
--            the slots.
-- ARGV[1]    d, the number of different demands. Each demand is four arguments:
--   interval   microseconds after which one more event fits
--   tolerance  (burst - 1) * interval
--   weight     n >= 1: take one event if n events fit (n - 1 events are the reserve, which is less than the burst);
--              0: only look whether an event fits; -1: refund one event
--   enforced   1: a denial keeps its check from being counted; 0: a denial is only returned (SHADOW)
-- The arguments of each check follow:
--   latest     the time of this server after which the check must not be counted, or 0 if it may always be counted
--   n          the number of its keys, followed by the number of the demand of each key, starting from 1
-- Returns    { the time of this server, then one value per key: the number of events left; or, if it is denied, the
--            microseconds until it fits as a negative number; or nil if its check came too late and counted nothing }
--
-- This is a script because replicas with different clocks must read, decide and write in one atomic step. A call may
-- come too late because a frozen server, when it continues, finds calls in its buffers whose callers have given up.

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
    -- An earlier check of this call may have counted on the same key.
    local count, wait = counts[KEYS[i]] or tonumber(stored[i] or ''), 0
    -- The arrival time is at most a whole burst ahead. Otherwise a clock that was set back or a shorter quota could
    -- lock readers out.
    local tat = math.max(now, math.min(count or now, now + tolerance + interval))
    if weight < 0 then
      -- A count that has expired has nothing to refund.
      tat = count and math.max(now, tat - interval) or now
    elseif tat + reserve - tolerance > now then
      wait = tat + reserve - tolerance - now
      denied = denied or enforced
    else
      tat = tat + math.min(weight, 1) * interval
    end
    -- A denied event is not written, so it neither counts nor extends the key's expiry.
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
    -- The format is "%.0f" because Lua would write such a number as 1.7e+15.
    redis.call('SET', key, string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000))
  elseif tat and stored[i] then
    redis.call('DEL', key)
  end
  counts[key] = nil
end
return answer
