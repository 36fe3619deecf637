-- aircher_rows_1: what machines used of one counter, and what they hold; see aircher_sync_1.
--
-- KEYS  counter.
-- ARGV  length, step, label and end of its window, then machines: few, as the engine does nothing
--       else meanwhile.
-- Returns (used, held)... of these machines.

local FAR = 10000 -- buckets in the future that cannot be right, as in aircher_sync_1

local length, step, label, stop = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local is_rolling = step > 0

local buckets = {label}
if is_rolling then
  buckets = {}
  local last = tonumber(redis.call('HGET', KEYS[1], 'last') or nil) or 0
  last = math.min(last, math.floor(now / step) + FAR)
  for bucket = math.floor((now - length) / step), last do
    buckets[#buckets + 1] = string.format('%.0f', bucket)
  end
end

local function read_used(machine)
  local sum = 0
  for start = 1, #buckets, 1000 do
    local fields = {}
    for place = start, math.min(start + 999, #buckets) do
      fields[#fields + 1] = 'u:' .. machine .. ':' .. buckets[place]
    end
    for _, value in ipairs(redis.call('HMGET', KEYS[1], unpack(fields))) do
      sum = sum + (tonumber(value or 0) or 0)
    end
  end
  return sum
end

local function read_held(machine)
  local hold = redis.call('HGET', KEYS[1], 'h:' .. machine)
  local amount, since, of = string.match(hold or '', '^(%d+) (%d+) %d (.*)$')
  if not amount then return 0 end
  local counts = of == label and now < stop
  if is_rolling then counts = now < tonumber(since) + 2 * length end
  return counts and tonumber(amount) or 0
end

local answer = {}
for place = 5, #ARGV do
  answer[#answer + 1] = string.format('%.0f', read_used(ARGV[place]))
  answer[#answer + 1] = string.format('%.0f', read_held(ARGV[place]))
end
return answer
