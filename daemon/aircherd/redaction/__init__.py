"""Redaction: the last filter before text is written or sent, which replaces every key in it."""

from aircherd.redaction.redactor import (
    HIDDEN,
    MIN_REDACTED,
    Redactor,
    is_shaped_like_key,
)

__all__ = ["HIDDEN", "MIN_REDACTED", "Redactor", "is_shaped_like_key"]
