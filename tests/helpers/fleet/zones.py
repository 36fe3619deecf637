"""Time zones in which a test does not come to the end of a day."""

from datetime import UTC, datetime


def zone_after_midnight() -> str:
    """Return a zone where a day has begun within the last hour."""
    hour = datetime.now(UTC).hour
    ahead = -hour if hour <= 12 else 24 - hour
    return f"Etc/GMT{-ahead:+d}"  # the names of these zones have the sign of what is behind
