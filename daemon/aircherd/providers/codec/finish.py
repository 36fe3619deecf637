"""Why a reply ended: one table for the reasons of all vendors.

Compatible servers send the reasons of other vendors, in any case and with their own synonyms, so
they are read in one place. What is empty or no text is no reason: such a stream has not ended. An
unknown reason is an error, because it may stand for half an answer.

Sources: the vendors' SDKs and documentation, and reports to their clients, November 2026.
"""

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
        max_context_length continuation
    """,
    "tool_calls": "tool_calls tool_call tool_use tool function_call function_calls",
    "pause": "pause_turn pause paused compaction",
    "refusal": "refusal refused",
    "content_filter": """
        content_filter content_filtered content_filtering contentfilter filtered filter
        content_policy content_policy_violation safety sensitive blocklist blocked prohibited
        prohibited_content spii recitation language image_safety image_prohibited_content
        image_recitation image_other no_image guardrail guardrail_intervened guardrails moderation
        moderated censored risk escalation model_armor
    """,
}

FINISHES: Final[dict[str, Finish]] = {
    word: finish for finish, words in _WORDS.items() for word in words.split()
}
"""A vendor's reason in lower case, words joined by `_` -> ours."""

_NO_REASON: Final = frozenset(
    {"", "null", "none", "nil", "undefined", "false", "unspecified", "finish_reason_unspecified"}
)

_SPOILED: Final = frozenset({"malformed_function_call", "malformed_tool_call", "tool_call_error"})
"""The model's output was invalid; a retry, or another model, may do better."""


def has_reason(reason: object) -> bool:
    """Return whether this is a reason at all."""
    return bool(_word(reason))


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
    known = FINISHES.get(word)
    if known is None:
        _refuse(str(reason), word, detail)
    return known


def is_cut(reason: object) -> bool:
    """Return whether a reason says that the reply was too long."""
    return FINISHES.get(_word(reason)) == "length"


def _word(reason: object) -> str:
    if not isinstance(reason, str):
        return ""
    word = "_".join(reason.lower().replace("-", " ").replace("_", " ").split())
    return "" if word in _NO_REASON else word


def _refuse(reason: str, word: str, detail: str) -> None:
    # Only letters: it comes from the server, and is shown.
    shown = "".join(each for each in reason[:60] if each.isalnum() or each in " _-").strip()
    what = "the model's output was invalid" if word in _SPOILED else "its reply is not complete"
    fail(
        FailureClass.SERVER,
        f"ended its reply with {shown or 'an unknown reason'}: {detail or what}",
    )
