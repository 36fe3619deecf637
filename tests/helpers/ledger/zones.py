"""Time zones in which a test does not come to the end of a day."""

from datetime import UTC, datetime


def zone_after_midnight() -> str:
    """Return a zone where a day has begun within the last hour."""
    return _zone(-datetime.now(UTC).hour)


def zone_at_noon() -> str:
    """Return a zone where it is between 12 and 13 o'clock."""
    return _zone(12 - datetime.now(UTC).hour)


def _zone(ahead: int) -> str:
    """Return the zone that is so many hours ahead of UTC, or the same hour of another day."""
    within = (ahead + 11) % 24 - 11  # zones go from -12 to 14
    return f"Etc/GMT{-within:+d}"  # the names of these zones have the sign of what is behind
