"""Values from the daemon that can be computed with and shown, such as finite numbers."""

from decimal import Decimal

from aircher_cli.render.models.table import parse_amount
from aircher_cli.values import number

MOST = 1e15
"""No comparison with it holds for infinity and for what is not a number."""
LATEST = 1e11
"""Unix time in the year 5138; the C library fails at times far beyond."""


def finite(value: object) -> float | None:
    """Return a number; None for anything else, and for infinity and the like."""
    found = number(value)
    return found if found is not None and abs(found) < MOST else None


def moment(value: object) -> float | None:
    """Return a Unix time in seconds; None for anything else."""
    found = finite(value)
    return found if found is not None and 0 <= found < LATEST else None


def amount(value: object) -> Decimal | None:
    """Return an amount; None for anything else, and for infinity and the like."""
    found = parse_amount(value)
    if found is None or not found.is_finite() or abs(found) >= MOST:
        return None
    return found


def is_name(name: str) -> bool:
    """Tell whether a name can be shown and typed; the daemon does not report others."""
    return bool(name) and name.isprintable() and name == name.strip()
