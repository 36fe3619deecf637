"""What becomes of the fields of a request that have no word of ours.

Where the provider speaks this API, the body goes to it as it came. Elsewhere:

- A hint is dropped: the answer to the question stays the same without it. These are in `DROPPED`.
- All others are named in `unsaid`, so that only a provider of this API is asked, unless their
  value does nothing. An unknown field may mean anything, so it is one of them.
- What changes the model behind the user's back, or would bill more answers than are counted, is
  refused in both cases.
"""

from operator import attrgetter
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.reading import text_of
from aircherd.http_api.dialects.openai_chat.body import ChatBody
from aircherd.http_api.problem import invalid

DROPPED: Final = {
    "cache_control": "providers that cache by themselves need no mark; those in messages are kept",
    "metadata": "labels for the vendor's own pages",
    "prediction": "makes the same answer come faster",
    "prompt_cache_options": "how long the vendor keeps a prompt",
    "prompt_cache_retention": "likewise",
    "reasoningSummary": "opencode's, which OpenAI's chat completions refuse",
    "safety_identifier": "a user's name for the vendor",
    "seed": "asks for the same answer again, which no vendor promises",
    "store": "whether the vendor's pages keep the answer",
    "usage": "OpenRouter's: token counts are always read",
    "user": "as safety_identifier",
    "verbosity": "how long answers should be; say it in the prompt",
}
"""Field -> what it is for, and so why it may be left out where the API has none."""

_UNSAID: Final = (
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "moderation",
    "plugins",
    "presence_penalty",
    "service_tier",
    "top_k",
    "top_logprobs",
    "web_search_options",
)
_PRICED: Final = frozenset({"plugins", "service_tier", "web_search_options"})
"""Those with a price of their own: the request says so in `extra`, and its cost is unknown."""

_NOTHING: Final = (b"", b"null")
_MAX_SHOWN: Final = 60

_OFF: Final = frozenset(
    {*_NOTHING, b"0", b"0.0", b"false", b"{}", b"[]", b'""', b'"auto"', b'"default"', b'"none"'}
)
"""Values that do nothing."""

_ROUTES: Final = ("models", "fallbacks", "fallback_models")
"""How routers and gateways are asked for other models: the user's limits know only one."""

_read_routes = attrgetter(*_ROUTES)
_read_unsaid = attrgetter(*_UNSAID)


def check_refused(body: ChatBody) -> None:
    """Check that there is none of the fields that no request may have.

    Raises:
        RequestProblem: there is one.
    """
    if body.n not in (None, 1):
        raise invalid(
            "n: only 1 is possible: limits and costs are counted for one answer. Ask several times",
            "n",
        )
    if body.best_of and bytes(body.best_of) not in (*_NOTHING, b"1"):
        raise invalid("best_of: only 1 is possible, as with n", "best_of")
    for name, raw in zip(_ROUTES, _read_routes(body), strict=True):
        if raw and bytes(raw) not in (*_NOTHING, b"[]"):
            raise invalid(f"{name}: name one model, as model; for several, use an alias", name)


def unsaid_fields(body: ChatBody) -> list[str]:
    """Return the known fields that our words cannot say, and that do something."""
    values = _read_unsaid(body)
    if not any(values):
        return []
    return [name for name, raw in zip(_UNSAID, values, strict=True) if not _is_off(name, raw)]


def _is_off(name: str, raw: msgspec.Raw) -> bool:
    value = bytes(raw)
    if name == "web_search_options" and value == b"{}":
        return False  # searches as usual
    return value in _OFF


def priced_fields(body: ChatBody, unsaid: list[str]) -> dict[str, object]:
    """Return those of the unsaid fields that have a price of their own, as short texts."""
    names = [name for name in unsaid if name in _PRICED]
    return {name: text_of(getattr(body, name))[:_MAX_SHOWN].strip('"') for name in names}
