"""Thinking, the form of the answer, and the conversation that a request belongs to: pure."""

import hashlib
import re
from typing import Final, Literal

import msgspec

from aircherd.http_api.dialects.anthropic.request.blocks import ABSENT
from aircherd.http_api.dialects.common.reading import text_of
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import Effort, SchemaFormat

Shown = Literal["no", "hidden", "yes"]
"""Whether the client wants thinking: not at all, without its text, or with it."""


class Thinking(msgspec.Struct, gc=False):
    """How the model is to think."""

    type: str
    budget_tokens: int | None = None
    display: str | None = None


class Format(msgspec.Struct, gc=False):
    """The form of the answer."""

    type: Literal["json_schema"]
    schema: msgspec.Raw


class OutputConfig(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Effort and form. A budget for a whole task stays behind."""

    effort: str | None = None
    format: Format | None = None
    task_budget: msgspec.Raw = ABSENT


class Metadata(msgspec.Struct, gc=False):
    """What the vendor gets to know about the user."""

    user_id: object = None


class _UserId(msgspec.Struct, gc=False):
    session_id: object = None


_EFFORTS: Final[dict[str, Effort]] = {
    "none": "none",
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}
_OFF: Final = ("disabled", "between_tools")

_BUDGETS: Final[tuple[tuple[int, Effort], ...]] = ((2048, "low"), (8192, "medium"))
"""Up to which budget an effort is meant. A budget is a bound, so no more than `high` is made of it.
"""

_USUAL: Final[Effort] = "high"
"""The effort of this API where a request names none."""

_USER_ID: Final = msgspec.json.Decoder(_UserId)
_SESSION: Final = re.compile(r"_session_([A-Za-z0-9-]{8,100})$")


def effort_of(thinking: Thinking | None, config: OutputConfig | None) -> Effort | None:
    """Return how much the model is to think, None if the request does not say.

    Raises:
        RequestProblem: there is no such kind of thinking.
    """
    named = _EFFORTS.get(config.effort or "") if config is not None else None
    if thinking is None:
        return named
    if thinking.type in _OFF:
        return "none"
    if thinking.type == "adaptive":
        return named or _USUAL
    if thinking.type != "enabled":
        raise invalid(
            "thinking.type: has to be adaptive, enabled, disabled or between_tools", "thinking.type"
        )
    budget = thinking.budget_tokens or 0
    return named or next((effort for most, effort in _BUDGETS if budget <= most), _USUAL)


def shown_thinking(thinking: Thinking | None) -> Shown:
    """Return whether the client wants thinking: one that never asked may not expect its blocks."""
    if thinking is None or thinking.type == "disabled":
        return "no"
    return "hidden" if thinking.display == "omitted" else "yes"


def format_of(*formats: Format | None) -> SchemaFormat | None:
    """Return the form of the answer: the first that there is."""
    found = next((each for each in formats if each is not None), None)
    return None if found is None else SchemaFormat(text_of(found.schema))


def conversation_of(metadata: Metadata | None, model: str) -> str | None:
    """Return a name for the conversation that a request is part of, None if it names no session.

    Tools ask several models in one session: each is a conversation of its own. The id of a user
    alone is none.
    """
    user = metadata.user_id if metadata is not None else None
    if not isinstance(user, str) or not (session := _session(user[:4000])):
        return None
    named = f"{session}\0{model}".encode("utf-8", "replace")
    return "http-" + hashlib.sha256(named).hexdigest()[:32]


def _session(user: str) -> str:
    """Return the session in an id of Claude Code: JSON, or in older versions words."""
    if not user.startswith("{"):
        found = _SESSION.search(user)
        return found[1] if found else ""
    try:
        session = _USER_ID.decode(user.encode("utf-8", "replace")).session_id
    except (ValueError, RecursionError):
        return ""
    return session if isinstance(session, str) else ""
