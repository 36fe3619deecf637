"""Why a reply ended, in the words of this API."""

from typing import Final

import msgspec

_REASONS: Final[dict[str, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "pause": "pause_turn",
    "refusal": "refusal",
    "content_filter": "refusal",
}


class Refused(msgspec.Struct, tag_field="type", tag="refusal"):
    """What is known of a refusal."""

    explanation: str | None
    category: None = None


class End(msgspec.Struct):
    """How a reply ended."""

    stop_reason: str
    stop_sequence: None = None
    stop_details: Refused | None = None


def end_of(finish: str, *, has_calls: bool) -> End:
    """Return how a reply ended. Clients run the tools if, and only if, this says so."""
    if finish in ("stop", "tool_calls"):
        return End("tool_use" if has_calls else "end_turn")
    reason = _REASONS.get(finish, "end_turn")
    if reason != "refusal":
        return End(reason)
    why = "stopped by the provider's content filter" if finish == "content_filter" else None
    return End(reason, stop_details=Refused(why))
