"""How large the proofs are: small for CI, or full, as docs/contributing.md says."""

import os

import msgspec


class Size(msgspec.Struct, frozen=True):
    """The size of a fleet and of what it is asked."""

    machines: int = 4
    in_flight: int = 16
    requests: int = 300
    cents: int = 30
    outage_seconds: float = 2.0
    reservations: int = 1_500


FULL = Size(
    machines=10,
    in_flight=64,
    requests=1_000,
    cents=100,
    outage_seconds=30.0,
    reservations=10_000,
)


def chosen() -> Size:
    """Return the full size with `FLEET=full` in the environment."""
    return FULL if os.environ.get("FLEET") == "full" else Size()
