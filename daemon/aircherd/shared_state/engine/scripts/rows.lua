-- aircher_rows_1: what each machine used of one counter, and what it holds; see aircher_sync_1.
--
-- KEYS  counter.
-- ARGV  length, step, label and end of its window.
-- Returns (machine, used, held)...
--
-- It is added up here: a counter has thousands of fields, and a daemon has other things to do.

local length, step, label, stop = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local is_rolling = step > 0

local function counts(bucket)
  if not is_rolling then return bucket == label end
  local place = tonumber(bucket)
  return place ~= nil and place >= math.floor((now - length) / step)
end

local function is_held(since, of)
  if is_rolling then return now < since + 2 * length end
  return of == label and now < stop
end

local used, held, machines = {}, {}, {}
local function note(machine)
  if not used[machine] then
    used[machine], held[machine] = 0, 0
    machines[#machines + 1] = machine
  end
end

local all = redis.call('HGETALL', KEYS[1])
for place = 1, #all, 2 do
  local field, value = all[place], all[place + 1]
  local machine, bucket = string.match(field, '^u:(.*):([^:]*)$')
  if machine and counts(bucket) then
    note(machine)
    used[machine] = used[machine] + (tonumber(value) or 0)
  elseif string.sub(field, 1, 2) == 'h:' then
    local amount, since, of = string.match(value, '^(%d+) (%d+) %d (.*)$')
    if amount and is_held(tonumber(since), of) then
      note(string.sub(field, 3))
      held[string.sub(field, 3)] = tonumber(amount)
    end
  end
end

local answer = {}
for _, machine in ipairs(machines) do
  answer[#answer + 1] = machine
  answer[#answer + 1] = string.format('%.0f', used[machine])
  answer[#answer + 1] = string.format('%.0f', held[machine])
end
return answer
