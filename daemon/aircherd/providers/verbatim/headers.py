"""Which headers of a client reach a provider, and which of a provider reach a client: pure.

The provider's own and the user's are there first. What names a key, an account or a connection
belongs to the daemon, whatever a client sends: the organization of OpenAI and the billing project
of Google as well, for they say who pays.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from aircherd.config.model import Provider
from aircherd.providers.transport.request import Headers, RawHeaders

BETA: Final = "anthropic-beta"

_NEVER: Final = frozenset(
    {
        *("authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"),
        *("openai-organization", "openai-project", "x-goog-user-project"),
        *("host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *("content-length", "content-type", "content-encoding", "accept", "accept-encoding"),
        *("expect", "origin", "referer", "forwarded", "via", "user-agent", "http-referer"),
        *("x-title", "x-openrouter-title", "x-real-ip", "x-http-method-override"),
    }
)
_NEVER_BEGIN: Final = ("proxy-", "sec-", "x-forwarded-", "x-aircher-", "access-control-")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_OWN: Final = "ak-air-"
"""How aircher's own tokens begin, which a tool may send in another header as well."""
MAX_HEADERS: Final = 50


def merge_headers(
    provider: Provider, prepared: Headers, clients: Iterable[tuple[str, str]]
) -> Headers:
    """Return the headers of a call: those prepared for it, and a client's that have a meaning.

    A client's replaces the adapter's, but never the user's. The betas of Anthropic are joined: the
    client's, and those of the user's that the client has in no version.
    """
    users = {name.lower() for name in provider.headers}
    found = dict(prepared)
    for name, value in clients:
        if not _may_pass(name, value):
            continue
        if name == BETA:
            found[name] = _joined(value, found.get(name, ""))
        elif name not in users:
            found[name] = value
    return list(found.items())


def _joined(clients: str, known: str) -> str:
    from aircherd.providers.anthropic.betas import join_betas  # noqa: PLC0415 -- one API has them

    return join_betas(clients, tuple(name.strip() for name in known.split(",") if name.strip()))


def _may_pass(name: str, value: str) -> bool:
    if name in _NEVER or name.startswith(_NEVER_BEGIN) or _OWN in value:
        return False
    return _NAME.fullmatch(name) is not None and value.isprintable()


_SHOWN: Final = frozenset(
    {
        *(b"request-id", b"x-request-id", b"x-generation-id", b"openai-processing-ms"),
        *(b"openai-version", b"openai-model", b"x-reasoning-included", b"x-models-etag"),
    }
)
_SHOWN_BEGIN: Final = (b"anthropic-ratelimit-", b"x-ratelimit-", b"x-codex-")
_MAX_VALUE: Final = 500


def shown_headers(
    headers: RawHeaders, has_key: Callable[[str], bool]
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a response that mean something to a client of the vendor.

    None in whose name or value `has_key` finds a key.
    """
    found: list[tuple[str, str]] = []
    for raw_name, raw_value in headers:
        name = raw_name.lower()
        if name not in _SHOWN and not name.startswith(_SHOWN_BEGIN):
            continue
        value = raw_value.decode("latin-1")
        if len(value) > _MAX_VALUE or not value.isascii() or not value.isprintable():
            continue
        if not has_key(value) and not has_key(raw_name.decode("latin-1")):
            found.append((name.decode("latin-1"), value))
    return tuple(found[:MAX_HEADERS])


_TYPES: Final = re.compile(
    rb"(?:application/(?:json|x-ndjson)|text/event-stream)(?: ?; ?charset=[\w-]{1,20})?",
    re.IGNORECASE,
)


def shown_type(content_type: bytes) -> str:
    """Return the type of a reply, nothing if it is none of a reply.

    What else a provider says there, such as `text/html`, would make a browser run it.
    """
    return content_type.decode("ascii") if _TYPES.fullmatch(content_type) else ""
