"""Redacts what a client's request itself must not show: tokens of its MCP servers and tools.

A provider may quote them in an error, which goes into the log and to clients that watch events.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import msgspec

from aircherd.redaction import HIDDEN, MIN_REDACTED
from aircherd.vocabulary.chat import ChatRequest

Redact = Callable[[str], str]

MAX_DEPTH: Final = 16
_NAMES: Final = ("token", "authorization", "secret", "apikey", "password", "credential", "cookie")
"""Parts of the names of fields that hold secrets; everything in `headers` may be one."""

_SCHEMES: Final = ("bearer ", "basic ")


def redacting(redact: Redact, request: ChatRequest) -> Redact:
    """Return `redact`, which also replaces the secrets in `request`."""
    if not (request.tools or request.extra):
        return redact
    return partial(_redact, redact, request)


def _redact(redact: Redact, request: ChatRequest, text: str) -> str:
    for value in sorted(set(_secrets_in(request)), key=len, reverse=True):
        for form in {value, json.dumps(value)[1:-1], repr(value)[1:-1]}:
            text = text.replace(form, HIDDEN)
    return redact(text)


def _secrets_in(request: ChatRequest) -> Iterator[str]:
    for tool in request.tools:
        if tool.token:
            yield from _forms(tool.token)
        if tool.data is not None:
            try:
                value = msgspec.json.decode(tool.data.encode("utf-8", "replace"))
            except (ValueError, RecursionError):
                continue
            yield from _secrets(value)
    yield from _secrets(request.extra)


def _secrets(value: object, depth: int = 0, *, is_secret: bool = False) -> Iterator[str]:
    if isinstance(value, str):
        if is_secret:
            yield from _forms(value)
    elif depth < MAX_DEPTH and isinstance(value, list):
        for each in value:
            yield from _secrets(each, depth + 1, is_secret=is_secret)
    elif depth < MAX_DEPTH and isinstance(value, dict):
        for name, each in value.items():
            yield from _secrets(each, depth + 1, is_secret=is_secret or _holds_secret(str(name)))


def _forms(value: str) -> Iterator[str]:
    for scheme in _SCHEMES:
        if value.lower().startswith(scheme):
            value = value[len(scheme) :]
    if len(value) >= MIN_REDACTED:
        yield value


def _holds_secret(name: str) -> bool:
    plain = name.lower().replace("_", "").replace("-", "")
    if plain == "headers":
        return True
    return "tokens" not in plain and any(each in plain for each in _NAMES)
