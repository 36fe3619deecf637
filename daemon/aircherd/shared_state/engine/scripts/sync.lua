-- aircher_sync_1: take over what one machine reports, and grant what it asks for.
--
-- KEYS  meta, machines, live, counters, the machine's days, then one hash for each counter.
-- ARGV  machine, label, sequence, limits, zone, machines it knew, lease seconds, epoch if there is
--       none, number of days, (day, its use)..., then for each counter: its name, maximum, length,
--       step, label, start, end, whether all is reported, held, least, most, rest or nothing,
--       number of buckets, (bucket, total)...
--
-- A counter's hash has
--   t:BUCKET          what all machines used
--   u:MACHINE:BUCKET  what one used
--   h:MACHINE         what one holds: amount, time of its report, whether all was reported, label
--   b:MACHINE         what one used newly, and what it held at first, while the counter is young
--   left, known       how much was left before the counter was lost, and how many machines there
--                     were, as far as they know
--   sum, first, last  of a rolling window: the sum of its buckets, the first of them and the last
--   held, label       the sum of what machines hold, and the label that it is of
--   created, whole    since when it is known, and how many machines have reported all of it
--   kept, swept, cursor   when it was last kept from expiring and searched for what is over
-- Amounts are texts; sums of them are exact below 2^53.

local FORMAT = '1'
local DAY = 86400
local KEPT_DAYS = 62
local CHUNK = 1000
local FAR = 10000 -- buckets in the future that cannot be right

local clock = redis.call('TIME') -- once: it may move while a script runs
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local at = 0

local function take()
  at = at + 1
  return ARGV[at]
end

local function take_number()
  return tonumber(take())
end

local function text(amount)
  return string.format('%.0f', amount)
end

local function moment(seconds)
  return string.format('%.6f', seconds)
end

local function number(value)
  return tonumber(value or 0) or 0
end

-- Calls a command with any number of arguments: Lua's stack is limited.
local function in_chunks(command, key, words)
  local answers = {}
  for start = 1, #words, CHUNK do
    local stop = math.min(start + CHUNK - 1, #words)
    local answer = redis.call(command, key, unpack(words, start, stop))
    if type(answer) == 'table' then
      for _, each in ipairs(answer) do answers[#answers + 1] = each end
    end
  end
  return answers
end

local function parse_hold(value)
  local amount, time, whole, label = string.match(value or '', '^(%d+) (%d+) (%d) (.*)$')
  return {amount = number(amount), time = number(time), is_whole = whole == '1', label = label,
    is_known = amount ~= nil}
end

local meta, machines, live, index, days = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local machine, label, sequence, limits, zone = take(), take(), take_number(), take(), take()
local known, lease, epoch = take_number(), take_number(), take()

-- The namespace -----------------------------------------------------------------------------------

local state = redis.call('HMGET', meta, 'format', 'zone', 'epoch', 'kept', 'cursor')
if state[1] and state[1] ~= FORMAT then return {'format', state[1]} end
if state[2] and state[2] ~= zone then return {'zone', state[2]} end
if state[3] then
  epoch = state[3]
else
  redis.call('HSET', meta, 'format', FORMAT, 'zone', zone, 'epoch', epoch)
end

-- The machines ------------------------------------------------------------------------------------

local knew = known

local function parse_machine(value)
  local place, seen, _, count, digest, name =
    string.match(value or '', '^(%d+) ([%d.]+) ([%d.]+) (%d+) (%S*) (.*)$')
  return {sequence = number(place), seen = number(seen), known = number(count), limits = digest,
    label = name}
end

local last = redis.call('HGET', machines, machine)
local is_new = not last or parse_machine(last).sequence < sequence
local is_stale = not is_new and parse_machine(last).sequence > sequence
if is_new then
  redis.call('ZADD', live, moment(now + lease), machine)
  redis.call('ZREMRANGEBYSCORE', live, '-inf', '(' .. moment(now))
end

local ids = redis.call('ZRANGEBYSCORE', live, moment(now), '+inf')
local count = math.max(#ids, 1)
local differing = {}
for place, value in ipairs(in_chunks('HMGET', machines, ids)) do
  local other = parse_machine(value)
  if value and ids[place] ~= machine then
    known = math.max(known, other.known)
    if other.limits ~= limits then differing[#differing + 1] = other.label end
  end
end
known = math.max(known, count)

-- All keys of the namespace live for 62 days after the last report; once an hour is often enough.
local keeps = is_new and now - number(state[4]) > 3600
if keeps then
  local found = redis.call('HSCAN', machines, state[5] or '0', 'COUNT', 1000)
  for place = 1, #found[2], 2 do
    if parse_machine(found[2][place + 1]).seen < now - KEPT_DAYS * DAY then
      redis.call('HDEL', machines, found[2][place])
    end
  end
  redis.call('ZREMRANGEBYSCORE', index, '-inf', '(' .. moment(now))
  redis.call('HSET', meta, 'kept', moment(now), 'cursor', found[1])
  for _, key in ipairs({meta, live}) do
    redis.call('EXPIRE', key, KEPT_DAYS * DAY)
  end
end

local changed_days = {}
for _ = 1, take_number() do
  changed_days[#changed_days + 1] = take()
  changed_days[#changed_days + 1] = take()
end
if is_new and #changed_days > 0 then
  in_chunks('HSET', days, changed_days)
  redis.call('EXPIRE', days, KEPT_DAYS * DAY)
  if redis.call('HLEN', days) > KEPT_DAYS then
    local all = redis.call('HKEYS', days)
    table.sort(all)
    for place = 1, #all - KEPT_DAYS do redis.call('HDEL', days, all[place]) end
  end
end

-- One counter -------------------------------------------------------------------------------------

local function take_report(key)
  local report = {key = key, name = take(), maximum = take_number(), length = take_number(),
    step = take_number(), label = take(), start = take_number(), stop = take_number(),
    is_whole = take() == '1', held = take_number(), least = take_number(), most = take_number(),
    rest = tonumber(take()), buckets = {}, totals = {}}
  for _ = 1, take_number() do
    report.buckets[#report.buckets + 1] = take()
    report.totals[#report.totals + 1] = take_number()
  end
  report.is_rolling = report.step > 0
  report.own = 'u:' .. machine .. ':'
  return report
end

local NAMES = {'created', 'whole', 'sum', 'first', 'last', 'held', 'label', 'kept', 'swept',
  'cursor', 'left', 'known'}

local function load_counter(report)
  local fields = {unpack(NAMES)}
  fields[#fields + 1] = 'h:' .. machine
  fields[#fields + 1] = 'b:' .. machine
  fields[#fields + 1] = 't:' .. report.label
  local values = redis.call('HMGET', report.key, unpack(fields))
  local counter = {writes = {}}
  for place, name in ipairs(NAMES) do counter[name] = values[place] or nil end
  counter.is_known = counter.created ~= nil
  counter.created = tonumber(counter.created) or now
  counter.hold = parse_hold(values[#NAMES + 1] or nil)
  local newly, first = string.match(values[#NAMES + 2] or '', '^(%-?%d+) (%d+)$')
  counter.newly, counter.first_held = number(newly), number(first)
  counter.left = tonumber(counter.left or nil)
  counter.known = math.max(number(counter.known), known)
  counter.total = number(values[#NAMES + 3])
  for _, name in ipairs({'whole', 'sum', 'last', 'held', 'kept', 'swept'}) do
    counter[name] = number(counter[name])
  end
  return counter
end

local function write(counter, field, value)
  counter.writes[#counter.writes + 1] = field
  counter.writes[#counter.writes + 1] = value
end

-- Takes the buckets out of the sum that have left the window.
local function advance(report, counter)
  local first = math.floor((now - report.length) / report.step)
  local old = tonumber(counter.first) or first
  counter.first = math.max(first, old)
  local gone = {}
  for bucket = old, math.min(counter.first - 1, counter.last) do
    gone[#gone + 1] = 't:' .. text(bucket)
  end
  if #gone == 0 then return end
  for _, value in ipairs(in_chunks('HMGET', report.key, gone)) do
    counter.sum = counter.sum - number(value)
  end
  counter.gone = gone
end

-- Of a whole report, buckets that are not in it are empty.
local function add_missing(report, counter)
  if not report.is_whole or not counter.hold.is_known then return end
  local there = {}
  for _, bucket in ipairs(report.buckets) do there[bucket] = true end
  local wanted = {}
  if report.is_rolling then
    for bucket = counter.first, counter.last do
      if not there[text(bucket)] then wanted[#wanted + 1] = text(bucket) end
    end
  elseif not there[report.label] then
    wanted[1] = report.label
  end
  for _, bucket in ipairs(wanted) do
    report.buckets[#report.buckets + 1] = bucket
    report.totals[#report.totals + 1] = 0
  end
end

local function counts(report, counter, bucket)
  if not report.is_rolling then return bucket == report.label end
  local place = tonumber(bucket)
  return place ~= nil and place >= counter.first and place < now / report.step + FAR
end

-- Takes over the machine's totals; returns how much they have grown.
local function add_used(report, counter)
  add_missing(report, counter)
  local fields, totals, buckets = {}, {}, {}
  for place, bucket in ipairs(report.buckets) do
    if counts(report, counter, bucket) then
      fields[#fields + 1] = report.own .. bucket
      fields[#fields + 1] = 't:' .. bucket
      buckets[#buckets + 1] = bucket
      totals[#totals + 1] = report.totals[place]
    end
  end
  local values = in_chunks('HMGET', report.key, fields)
  local grown = 0
  for place, total in ipairs(totals) do
    local more = total - number(values[2 * place - 1])
    if more ~= 0 then
      write(counter, fields[2 * place - 1], text(total))
      write(counter, fields[2 * place], text(number(values[2 * place]) + more))
      if report.is_rolling then
        counter.last = math.max(counter.last, tonumber(buckets[place]))
      end
      grown = grown + more
    end
  end
  counter.sum = counter.sum + grown
  counter.total = counter.total + grown
  return grown
end

-- Forgets, piece by piece, what is over: buckets, and what silent machines held.
local function sweep(report, counter)
  local found = redis.call('HSCAN', report.key, counter.cursor or '0', 'COUNT', 200)
  local over = {}
  for place = 1, #found[2], 2 do
    local field, value = found[2][place], found[2][place + 1]
    local kind = string.sub(field, 1, 2)
    local bucket = string.match(field, '^u:.*:([^:]*)$') or string.match(field, '^t:(.*)$')
    if bucket then
      if not counts(report, counter, bucket) then over[#over + 1] = field end
    elseif kind == 'b:' then
      if counter.created + lease < now then over[#over + 1] = field end
    elseif kind == 'h:' and field ~= 'h:' .. machine then
      local hold = parse_hold(value)
      -- It may be used for one length, and what was used counts for another.
      local kept = 2 * (report.is_rolling and report.length or DAY)
      if hold.time + kept < now and (report.is_rolling or hold.label ~= report.label) then
        over[#over + 1] = field
        if report.is_rolling then counter.held = counter.held - hold.amount end
      end
    end
  end
  in_chunks('HDEL', report.key, over)
  -- Once a second; sooner where much was found.
  counter.cursor, counter.swept = found[1], #over > 20 and now - 0.9 or now
end

local function rest_of(report, counter)
  return report.maximum - counter.used - counter.held
end

local function find_grant(report, counter)
  local most = math.max(report.most, report.least)
  local rest = rest_of(report, counter)
  if counter.is_learning then
    local new = math.max(counter.newly, 0)
    local part = math.floor((report.maximum - counter.used + new) / counter.known)
    rest = math.min(rest, part - new - report.held)
    if counter.left then
      local share = math.floor(math.max(counter.left, 0) / counter.known)
      rest = math.min(rest, share - (new + report.held - counter.first_held))
    end
  end
  if most <= 0 or rest <= 0 or report.least > rest then return 0 end
  local piece = math.floor(rest / (2 * count))
  return math.min(most, math.max(report.least, piece), rest)
end

-- When enough of what was used will have left the window; '' if that is unknown.
local function find_frees_at(report, counter)
  local missing = report.least - rest_of(report, counter)
  if report.least > report.maximum or missing <= 0 then return '' end
  if not report.is_rolling then return moment(report.stop) end
  for start = counter.first, counter.last, CHUNK do
    local fields = {}
    for bucket = start, math.min(start + CHUNK - 1, counter.last) do
      fields[#fields + 1] = 't:' .. text(bucket)
    end
    for place, value in ipairs(redis.call('HMGET', report.key, unpack(fields))) do
      missing = missing - number(value)
      if missing <= 0 then
        return moment((start + place) * report.step + report.length)
      end
    end
  end
  return ''
end

local function save(report, counter)
  write(counter, 'held', text(counter.held))
  if report.is_rolling then
    write(counter, 'sum', text(counter.sum))
    write(counter, 'first', text(counter.first))
    write(counter, 'last', text(counter.last))
  else
    write(counter, 'label', report.label)
  end
  write(counter, 'cursor', counter.cursor or '0')
  write(counter, 'swept', moment(counter.swept))
end

-- Writes all at once, and keeps the counter for two of its windows, at least two days.
local function store(report, counter)
  if now < counter.created + lease then
    write(counter, 'b:' .. machine, text(counter.newly) .. ' ' .. text(counter.first_held))
    write(counter, 'known', text(counter.known))
    if counter.left then write(counter, 'left', text(counter.left)) end
  end
  if not counter.is_known then write(counter, 'created', moment(counter.created)) end
  write(counter, 'whole', text(counter.whole))
  local is_due = now - counter.kept > 600
  if is_due then write(counter, 'kept', moment(now)) end
  in_chunks('HSET', report.key, counter.writes)
  if counter.gone then in_chunks('HDEL', report.key, counter.gone) end
  if is_due then
    local window = report.is_rolling and report.length or report.stop - report.start
    local kept = math.ceil(math.max(2 * window, 2 * DAY))
    redis.call('EXPIRE', report.key, kept)
    redis.call('ZADD', index, moment(now + kept), report.name)
    redis.call('EXPIRE', index, KEPT_DAYS * DAY)
  end
end

local function take_used(report, counter)
  local had_all = counter.hold.is_known and counter.hold.is_whole
  local grown = add_used(report, counter)
  counter.has_all = report.is_whole or had_all
  if had_all then counter.newly = counter.newly + grown end
  if report.is_whole and not had_all then counter.whole = counter.whole + 1 end
  if not counter.hold.is_known then
    counter.first_held = report.held
    if report.rest then counter.left = math.min(counter.left or report.rest, report.rest) end
  end
end

local function write_hold(counter, amount, of)
  write(counter, 'h:' .. machine, table.concat(
    {text(amount), text(math.ceil(now)), counter.has_all and '1' or '0', of or ''}, ' '))
end

local function take_held(report, counter)
  local hold = counter.hold
  if report.is_rolling or hold.label == report.label then
    counter.held = counter.held - hold.amount
  end
  counter.held = counter.held + report.held
end

local function view(report, counter, granted, is_over)
  local frees_at = ''
  if granted == 0 and not is_over then frees_at = find_frees_at(report, counter) end
  return {text(counter.used), text(counter.held), text(granted), frees_at,
    (counter.is_learning and 'l' or '') .. (counter.has_all and '' or 'w') ..
    (is_over and 'o' or '')}
end

-- Of a window that is over or has not begun, only what was used is taken over.
local function look_outside(report, counter)
  if is_new then
    take_used(report, counter)
    write_hold(counter, counter.hold.amount, counter.hold.label)
    store(report, counter)
  end
  counter.used, counter.held = counter.total, 0
  return view(report, counter, 0, true)
end

local function grant(report, counter)
  local is_short = rest_of(report, counter) < report.least and counter.held > report.held
  if counter.swept + (is_short and 0.1 or 1) < now then sweep(report, counter) end
  local granted = counter.has_all and find_grant(report, counter) or 0
  counter.held = counter.held + granted
  write_hold(counter, report.held + granted, report.label)
  save(report, counter)
  store(report, counter)
  return granted
end

local function look(report)
  local counter = load_counter(report)
  counter.has_all = counter.hold.is_known and counter.hold.is_whole
  local is_young = now < counter.created + lease
  counter.is_learning = is_young and counter.whole < counter.known
  if not report.is_rolling and (now < report.start or now >= report.stop) then
    return look_outside(report, counter)
  end
  if report.is_rolling then
    advance(report, counter)
  elseif counter.label ~= report.label then
    counter.held = 0
  end
  if is_new then
    take_used(report, counter)
    take_held(report, counter)
  end
  counter.used = report.is_rolling and counter.sum or counter.total
  counter.is_learning = is_young and counter.whole < counter.known
  return view(report, counter, is_new and grant(report, counter) or 0)
end

local answer = {'ok', moment(now), epoch, text(count), differing, is_stale and '1' or '0'}
for place = 6, #KEYS do
  answer[#answer + 1] = look(take_report(KEYS[place]))
end
-- Last: what a script has written stays, also where it fails later. So a report that was taken over
-- in part has no number yet, and the next one is taken over as a whole.
if is_new then
  redis.call('HSET', machines, machine, table.concat(
    {text(sequence), moment(now), lease, text(knew), limits, label}, ' '))
  if keeps then redis.call('EXPIRE', machines, KEPT_DAYS * DAY) end
end
return answer
