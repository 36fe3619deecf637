"""Bars for a terminal, made of blocks or of ASCII."""

import math

_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def bar(share: float, size: int, *, has_unicode: bool) -> str:
    """Return a bar for a share (0 to 1) of `size` columns; a share above 0 is always visible."""
    eighths = math.ceil(min(max(share, 0.0), 1.0) * size * 8)
    if not has_unicode:
        return "#" * math.ceil(eighths / 8)
    whole, part = divmod(eighths, 8)
    return "█" * whole + _EIGHTHS[part]


def gauge(share: float, size: int, *, has_unicode: bool) -> str:
    """Return a gauge of exactly `size` columns; it is full only from a share of 1."""
    full = int(min(max(share, 0.0), 1.0) * size)
    on, off = ("█", "░") if has_unicode else ("#", ".")
    return on * full + off * (size - full)
