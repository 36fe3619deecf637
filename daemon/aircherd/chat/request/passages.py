"""Checks what an HTTP client sent besides what a `ChatRequest` says, and what that requires: pure.

The body goes to a provider as it is, if it speaks the client's API. So what would undo decisions of
the daemon is refused here: another model or another chain of them, several answers, a reply that is
fetched later. All else is the client's.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from aircherd.chat.request.extra_fields import normalize
from aircherd.chat.request.unpriced import unpriced_in
from aircherd.chat.request.validation import check_request
from aircherd.errors import BadRequest
from aircherd.providers.verbatim.passage import Passage
from aircherd.providers.verbatim.wishes import WISHES
from aircherd.vocabulary.chat import ChatRequest, Requirements

_ROUTE: Final = "use model; for several models, use an alias of aircher"
_ONE: Final = "leave it out: only one answer is read, and all would be billed"
_LATER: Final = "leave it out: answers are read as they arrive"

_MODELS: Final = ("models", "route", "fallbacks", "fallbackmodels", "preset")
"""Fields by which providers choose another model than the one that is asked for."""
_COUNTS: Final = ("n", "bestof", "candidatecount")
_HOLDERS: Final = ("generationconfig",)
"""Fields of Gemini's that hold such a count."""


def check_passage(passage: Passage) -> None:
    """Check that the body names nothing that is the daemon's to decide.

    Raises:
        BadRequest: it does; the message names the field.
    """
    for name in passage.fields:
        normalized = normalize(name)
        if normalized == "model" and name != "model":
            raise BadRequest(f"{name}: write model, as a server may read either")
        if normalized in _MODELS and _is_set(passage.value(name)):
            raise BadRequest(f"{name}: is not allowed: {_ROUTE}")
        if normalized == "background" and passage.value(name) == b"true":
            raise BadRequest(f"{name}: is not allowed: {_LATER}")
        _check_count(normalized, name, _decoded(passage, name, normalized))


def _decoded(passage: Passage, name: str, normalized: str) -> object:
    """Return the value of a field that may say how many answers there are."""
    if normalized not in _COUNTS and normalized not in _HOLDERS:
        return None
    return msgspec.json.decode(passage.value(name) or b"null")


def _check_count(normalized: str, path: str, value: object) -> None:
    if normalized in _COUNTS and value not in (None, 1):
        raise BadRequest(f"{path}: is not allowed: {_ONE}")
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_count(normalize(str(name)), f"{path}.{name}", inner)


def _is_set(value: bytes | None) -> bool:
    return value not in (None, b"null", b"[]", b'""', b"{}")


def check_said(passage: Passage, request: ChatRequest) -> None:
    """Check that the request can be translated; if it cannot, only its own API gets it.

    A vendor may take what `check_request` refuses: it knows what it stored itself.
    """
    if passage.request.unsaid is not None:
        return
    try:
        check_request(request)
    except BadRequest as error:
        passage.request = msgspec.structs.replace(passage.request, unsaid=error.message)


# ------------------------------------------------------------------ what it requires

_PRICED_FIELDS: Final = frozenset(
    {
        *("servicetier", "speed", "tools", "modalities", "generationconfig", "options"),
        *("plugins", "websearch", "websearchoptions", "searchparameters", "enablesearch"),
        *("searchoptions", "connectors", "container", "inferencegeo", "prompt", "mcpservers"),
    }
)
"""Normalized names of fields that may have a price of their own."""


def requirements_for(passage: Passage, known: Requirements, *, has_limits: bool) -> Requirements:
    """Return what the request requires, with what only its body says.

    Thinking and sampling are not required: see `providers.verbatim.wishes`. Prices besides those of
    tokens matter under limits only.
    """
    if passage.request.operation == "embeddings":
        return Requirements(input_tokens=known.input_tokens, output_tokens=1, embeds=True)
    abilities = tuple(name for name in known.abilities if name not in WISHES)
    if len(abilities) < len(known.abilities):
        known = msgspec.structs.replace(known, abilities=abilities)
    if not has_limits or known.unpriced is not None:
        return known
    unpriced = unpriced_in(_priced_fields(passage))
    return msgspec.structs.replace(known, unpriced=unpriced) if unpriced else known


def _priced_fields(passage: Passage) -> Mapping[str, object]:
    found: dict[str, object] = {}
    for name in passage.fields:
        if normalize(name) in _PRICED_FIELDS and (value := passage.value(name)):
            found[name] = msgspec.json.decode(value)
    if isinstance(found.get("prompt"), str):
        del found["prompt"]  # Ollama's question, no stored template
    return found
