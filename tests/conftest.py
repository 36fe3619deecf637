"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# A first run makes hypothesis's tables while it draws, on machines that may be busy: how long an
# example takes says nothing here.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
