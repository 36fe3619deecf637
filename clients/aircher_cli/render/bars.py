"""Bars for a terminal: blocks where they can be shown, else ASCII."""

import math

_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def bar(share: float, size: int, *, has_unicode: bool) -> str:
    """Return a bar for a share (0 to 1) of `size` columns; what is over nothing is seen."""
    eighths = math.ceil(min(max(share, 0.0), 1.0) * size * 8)
    if not has_unicode:
        return "#" * math.ceil(eighths / 8)
    whole, part = divmod(eighths, 8)
    return "█" * whole + _EIGHTHS[part]


def gauge(share: float, size: int, *, has_unicode: bool) -> str:
    """Return how full something is, in exactly `size` columns; full only from a share of 1."""
    full = int(min(max(share, 0.0), 1.0) * size)
    on, off = ("█", "░") if has_unicode else ("#", ".")
    return on * full + off * (size - full)
