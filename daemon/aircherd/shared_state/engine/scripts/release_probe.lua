-- aircher_release_probe_1: let another machine probe, unless another one has claimed it meanwhile.
--
-- KEYS  probe.
-- ARGV  machine.

if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
