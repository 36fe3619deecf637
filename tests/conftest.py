"""Settings for all tests."""

import signal

from hypothesis import HealthCheck, settings

from aircherd.providers.error_mapping.pattern import compile_all

# On the first run hypothesis builds its tables while it draws, and the machine may be busy, so the
# duration of an example is meaningless.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A virtual clock does not wait for the thread that would do it on the first error.
compile_all()

# In the background of a script SIGINT and SIGQUIT are ignored, and under nohup SIGHUP. So they
# would be by every program that a test starts, and one that is to be ended by them would run on.
# What has a handler here is not ignored there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)
