-- aircher_cooldowns_1: what cools, and what was cleared, since a version; see aircher_cool_1.
--
-- KEYS  cooldowns.
-- ARGV  epoch and version that the machine knows, epoch if there is none.
-- Returns epoch, version, whether it is everything, then (scope, left, age, content)...

local EMPTY = string.char(128)  -- of MessagePack: no content

local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local key = KEYS[1]

local known = redis.call('HMGET', key, 'epoch', 'version')
if not known[1] then
  redis.call('HSET', key, 'epoch', ARGV[3])
  redis.call('PEXPIRE', key, 3600000)
end
local epoch, version = known[1] or ARGV[3], known[2] or '0'
local is_whole = epoch ~= ARGV[1]
local answer = {epoch, version, is_whole and '1' or '0'}
if not is_whole and version == ARGV[2] then return answer end

local since = is_whole and 0 or tonumber(ARGV[2])
local all = redis.call('HGETALL', key)
for place = 1, #all, 2 do
  local changed, began, stop, forgotten, cleared, content =
    string.match(all[place + 1], '^(%d+) (%-?[%d.]+) ([%d.]+) ([%d.]+) (%-?[%d.]+) (.*)$')
  if changed and tonumber(changed) > since and tonumber(forgotten) > now then
    local left = tonumber(stop) - now
    answer[#answer + 1] = string.sub(all[place], 3)
    answer[#answer + 1] = left > 0 and string.format('%.6f', left) or '0'
    answer[#answer + 1] = string.format('%.6f', now - tonumber(left > 0 and began or cleared))
    answer[#answer + 1] = left > 0 and content or EMPTY
  end
end
return answer
