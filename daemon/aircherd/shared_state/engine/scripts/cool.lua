-- aircher_cool_1: keep that a scope cools, or that it no longer does, and tell the machines.
--
-- KEYS  cooldowns.
-- ARGV  scope, seconds left (0: cleared), age in seconds, content, machine, channel, epoch if there
--       is none.
-- Publishes scope, left, age, length of the machine's name, that name, content.
--
-- The hash has epoch, version (of the last change), and for each scope
--   s:SCOPE   version, began, until, when to forget it, began before when it was cleared, content
-- All times are the engine's.

local MIN_CLEARED = 60
local NEVER = -1e12
local MANY = 64

local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local key, scope, content = KEYS[1], ARGV[1], ARGV[4]
local left, began = tonumber(ARGV[2]), now - tonumber(ARGV[3])
local is_clearing = left <= 0

local function parse(value)
  local _, from, stop, forgotten, cleared, content =
    string.match(value or '', '^(%d+) (%-?[%d.]+) ([%d.]+) ([%d.]+) (%-?[%d.]+) (.*)$')
  if not from or tonumber(forgotten) <= now then return nil end
  return {began = tonumber(from), stop = tonumber(stop), forgotten = tonumber(forgotten),
    cleared = tonumber(cleared), content = content}
end

local kept = parse(redis.call('HGET', key, 's:' .. scope))
local stop, forgotten, cleared = now + left, now + left, NEVER
if is_clearing then
  if kept and began < (kept.stop > now and kept.began or kept.cleared) then return 0 end
  stop, forgotten = now, math.max(kept and kept.forgotten or 0, now + MIN_CLEARED)
  cleared = began
elseif kept then
  if began <= kept.cleared then return 0 end
  cleared, forgotten = kept.cleared, math.max(stop, kept.forgotten)
  if kept.stop > now then
    if stop <= kept.stop and began <= kept.began then return 0 end
    began = math.max(began, kept.began)
    if stop <= kept.stop then stop, content = kept.stop, kept.content end
  end
end

redis.call('HSETNX', key, 'epoch', ARGV[7])
local version = redis.call('HINCRBY', key, 'version', 1)
-- Now and then: a look at all takes a millisecond for each few hundred.
if version % MANY == 0 then
  local all = redis.call('HGETALL', key)
  for place = 1, #all, 2 do
    if string.sub(all[place], 1, 2) == 's:' and not parse(all[place + 1]) then
      redis.call('HDEL', key, all[place])
    end
  end
end
redis.call('HSET', key, 's:' .. scope, string.format('%.0f %.6f %.6f %.6f %.6f ', version, began,
  stop, forgotten, cleared) .. content)
local ttl = redis.call('PTTL', key)
redis.call('PEXPIRE', key, string.format('%.0f',
  math.max(ttl, math.ceil((forgotten - now) * 1000) + 60000, 3600000)))
redis.call('PUBLISH', ARGV[6], string.format('%s %.6f %.6f %d ', scope,
  is_clearing and 0 or stop - now, now - began, #ARGV[5]) .. ARGV[5] .. content)
return 1
