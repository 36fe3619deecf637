-- aircher_forget_1: forget a machine and what it holds, not what it used.
--
-- KEYS  machines, live, then one hash for each counter; see aircher_sync_1.
-- ARGV  machine.
-- Returns 1 if it was known, else 0.

local machines, live, field = KEYS[1], KEYS[2], 'h:' .. ARGV[1]
for place = 3, #KEYS do
  local found = redis.call('HMGET', KEYS[place], field, 'held', 'label')
  local amount, rest, label = string.match(found[1] or '', '^(%d+)( %d+ %d (.*))$')
  if amount then
    redis.call('HSET', KEYS[place], field, '0' .. rest)
    -- What was held in a window that is over is no longer in the sum.
    if label == (found[3] or '') then
      local held = tonumber(found[2] or 0) - tonumber(amount)
      redis.call('HSET', KEYS[place], 'held', string.format('%.0f', held))
    end
  end
end
redis.call('ZREM', live, ARGV[1])
return redis.call('HDEL', machines, ARGV[1])
