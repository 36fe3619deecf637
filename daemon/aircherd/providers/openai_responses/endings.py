"""How a reply ended: its status, its counts, or its error."""

from typing import Final

from aircherd.errors import ProviderFailed
from aircherd.providers.codec.json_in import as_text
from aircherd.providers.error_mapping.classify import classify_error
from aircherd.providers.openai_responses.schema import (
    FinalResponse,
    ResponseEvent,
    error_of,
    usage_of,
)
from aircherd.vocabulary.reply import ReplyEvent, Usage, UsageDelta

ENDINGS: dict[str, str] = {
    "response.completed": "completed",
    "response.done": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
    "response.canceled": "cancelled",
}
"""Type of the last event -> the status of the reply, if the reply itself has none."""

_SYNONYMS = {"canceled": "cancelled", "complete": "completed", "done": "completed"}
"""What servers that resemble OpenAI call the statuses."""

UNEXPLAINED: Final = {
    "failed": {"message": "the reply failed"},
    "cancelled": {"message": "the reply was cancelled"},
}
"""Status of a reply that failed -> the error, if the reply has none."""


def status_of(final: FinalResponse, event_status: str) -> str:
    """Return the status of a reply; one that cannot be at an end is that of the event."""
    status = as_text(final.status)
    status = _SYNONYMS.get(status, status)
    if event_status in ("", "completed") and status in ("failed", "cancelled", "incomplete"):
        return status
    return event_status or status


def raise_event_error(event: ResponseEvent, kind: str) -> None:
    """Raise the error in an event, if there is one.

    Raises:
        ProviderFailed: it is an error.
    """
    # The reference has the fields in the event itself; the API nests them.
    error = error_of(event.error)
    if error or kind == "error":
        flat = {"code": event.code, "message": event.message}
        raise ProviderFailed(classify_error(error or flat))


def add_usage(final: FinalResponse, out: list[ReplyEvent]) -> Usage | None:
    """Pass on the counts of a reply, and return them."""
    usage = usage_of(final)
    if usage is not None:
        out.append(UsageDelta(usage))
    return usage
