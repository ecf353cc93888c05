-- Takes or gives back one event of one subject (GCRA). The count is a single number, the "theoretical arrival time":
-- when the subject's burst is whole again, in microseconds of this server's clock.
--
-- KEYS[1]  rl:{<site>/<subject>}:<limit>; the hash tag spreads subjects over the slots of a cluster
-- ARGV[1]  interval: microseconds after which one more event fits
-- ARGV[2]  tolerance: (burst - 1) * interval
-- ARGV[3]  1 takes an event, -1 gives back one that was taken
-- Returns  { allowed 0 or 1, microseconds until a refused event fits, events left at this moment }
--
-- A script, because replicas with different clocks must read, decide and write as one step.

local interval = tonumber(ARGV[1])
local tolerance = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local stored = tonumber(redis.call('GET', KEYS[1]) or '')
-- Never further ahead than a whole burst: a clock set back or a shortened quota must not lock anyone out.
local tat = math.max(now, math.min(stored or now, now + tolerance + interval))

if tonumber(ARGV[3]) < 0 then
  -- Of a count that is gone there is nothing to give back.
  if stored then
    tat = math.max(now, tat - interval)
  end
elseif tat - tolerance > now then
  -- Nothing is written: a refused try neither counts nor prolongs the key.
  return { 0, tat - tolerance - now, 0 }
else
  tat = tat + interval
end

if tat > now then
  -- "%.0f", because Lua would write such numbers as 1.7e+15.
  redis.call('SET', KEYS[1], string.format('%.0f', tat))
  redis.call('PEXPIRE', KEYS[1], math.ceil((tat - now) / 1000))
elseif stored then
  redis.call('DEL', KEYS[1])
end
return { 1, 0, math.floor((now + tolerance + interval - tat) / interval) }
