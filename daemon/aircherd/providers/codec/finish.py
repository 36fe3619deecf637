"""Why a reply ended: one table for the reasons of all vendors.

Compatible servers send the reasons of other vendors, in any case and with their own synonyms, so
they are read in one place. What is empty or no text is no reason: such a stream has not ended. An
unknown reason is an error, because it may stand for half an answer.

Sources: the vendors' SDKs and documentation, and reports to their clients, November 2026.
"""

import re
from typing import Final

from aircherd.errors import fail
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Finish

_WORDS: dict[Finish, str] = {
    "stop": """
        stop end end_turn eos eos_token stop_sequence stop_token stop_str complete completed finish
        finished done normal success end_of_turn end_of_text endoftext
    """,
    "length": """
        length max_tokens max_token max_output_tokens max_completion_tokens max_new_tokens
        max_length model_length token_limit length_limit limit context_length
        context_length_exceeded context_window_exceeded model_context_window_exceeded
        max_context_length continuation max_context max_output output_limit context_limit
        max_output_reached
    """,
    "tool_calls": "tool_calls tool_call tool_use tool function_call function_calls",
    "pause": "pause_turn pause paused compaction",
    "refusal": "refusal refused",
    "content_filter": """
        content_filter content_filtered content_filtering contentfilter filtered filter
        content_policy content_policy_violation safety sensitive blocklist blocked prohibited
        prohibited_content spii recitation language image_safety image_prohibited_content
        image_recitation image_other no_image guardrail guardrail_intervened guardrails moderation
        moderated censored risk risk_control escalation model_armor
    """,
}

FINISHES: Final[dict[str, Finish]] = {
    word: finish for finish, words in _WORDS.items() for word in words.split()
}
"""A vendor's reason in lower case, words joined by `_` -> ours."""

_PREFIXES: Final = ("finish_reason_", "finishreason_", "stop_reason_", "stopreason_")
"""What the names of enums begin with in some languages."""

_LENGTH_WORDS: Final = frozenset({"length", "token", "tokens", "context", "output"})
_LIMIT_WORDS: Final = frozenset({"max", "limit", "limited", "reached", "exceeded", "capped", "cap"})
_FILTER_WORDS: Final = frozenset(
    {
        *("filter", "filtered", "filtering", "safety", "moderation", "moderated", "policy"),
        *("guardrail", "guardrails", "prohibited", "sensitive", "censored"),
    }
)

_NO_REASON: Final = frozenset(
    {"", "null", "none", "nil", "undefined", "false", "unspecified", "finish_reason_unspecified"}
)

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN: Final = re.compile(r"[\W_]+")
_MAX_REASON: Final = 100

_SPOILED: Final = frozenset({"malformed_function_call", "malformed_tool_call", "tool_call_error"})
"""The model's output was invalid; a retry, or another model, may do better."""


def has_reason(reason: object) -> bool:
    """Return whether this is a reason at all."""
    return bool(_word(reason))


def known_reason(reason: object) -> str | None:
    """Return a reason if it is one of the table, None for anything else."""
    return reason if isinstance(reason, str) and _word(reason) in FINISHES else None


def read_finish(reason: object, detail: str = "") -> Finish | None:
    """Return a vendor's reason as ours, None if it is none; `detail` is what it says besides.

    Raises:
        ProviderFailed: SERVER: the reply ended with an error, or for an unknown reason.
    """
    if type(reason) is str and (known := FINISHES.get(reason)):
        return known
    word = _word(reason)
    if not word:
        return None
    known = FINISHES.get(word) or _by_words(word)
    if known is None:
        _refuse(str(reason), word, detail)
    return known


def is_cut(reason: object) -> bool:
    """Return whether a reason says that the reply was too long."""
    return FINISHES.get(_word(reason)) == "length"


def later_finish(known: Finish | None, later: Finish | None) -> Finish | None:
    """Return the finish of a reply that named two: `stop` does not replace what says more."""
    return known if later is None or (later == "stop" and known is not None) else later


def _word(reason: object) -> str:
    """Return a reason in lower case, words joined by `_`; "" if it is none."""
    if isinstance(reason, dict):
        reason = reason.get("type") or reason.get("reason")
    if not isinstance(reason, str):
        return ""
    text = _HUMP.sub("_", reason[:_MAX_REASON])
    word = _BETWEEN.sub("_", text.lower()).strip("_")
    for prefix in _PREFIXES:
        if word not in _NO_REASON:
            word = word.removeprefix(prefix)
    return "" if word in _NO_REASON else word


def _by_words(word: str) -> Finish | None:
    """Return what a reason means by the words in it, for servers with names of their own."""
    words = frozenset(word.split("_"))
    if words & _FILTER_WORDS and "error" not in words:
        return "content_filter"
    return "length" if words & _LENGTH_WORDS and words & _LIMIT_WORDS else None


def _refuse(reason: str, word: str, detail: str) -> None:
    # Only letters: it comes from the server, and is shown.
    shown = "".join(each for each in reason[:60] if each.isalnum() or each in " _-").strip()
    what = "the model's output was invalid" if word in _SPOILED else "its reply is not complete"
    fail(
        FailureClass.SERVER,
        f"ended its reply with {shown or 'an unknown reason'}: {detail or what}",
    )
