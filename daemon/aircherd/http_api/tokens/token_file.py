"""What `tokens.json` has: pure. A token itself is not in it, only its digest."""

from decimal import Decimal
from typing import Literal

import msgspec

from aircherd.config.model import Limit, Per

VERSION: Literal[1] = 1


class StoredLimit(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How much may be used of one amount within a window. `usd` is exact."""

    per: Per
    requests: int | None = None
    tokens: int | None = None
    usd: Decimal | None = None

    def of_client(self, client: str) -> Limit:
        """Return it as a limit of the client, as `[[limits]]` could have it."""
        return Limit(
            per=self.per,
            requests=self.requests,
            tokens=self.tokens,
            usd=self.usd,
            client=client,
        )


class StoredToken(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One token; times are Unix times. `digest` is in hexadecimal.

    `used_at` is when it was used last, with an accuracy of minutes.
    """

    name: str
    digest: str
    created_at: float
    used_at: float | None = None
    expires_at: float | None = None
    project: str | None = None
    models: tuple[str, ...] | None = None
    providers: tuple[str, ...] | None = None
    limits: tuple[StoredLimit, ...] = ()

    def has_expired(self, now: float) -> bool:
        """Return whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    version: Literal[1]
    tokens: list[StoredToken]


class _AnyVersion(msgspec.Struct):
    version: int


_DOCUMENT = msgspec.json.Decoder(_Document)
_ANY_VERSION = msgspec.json.Decoder(_AnyVersion)


class UnusableTokens(Exception):
    """The file is damaged, or of a later version; the message says which."""


def decode_tokens(content: bytes) -> list[StoredToken]:
    """Return the tokens of the file's content.

    Raises:
        UnusableTokens: it is none of ours. No message quotes it.
    """
    try:
        found = _DOCUMENT.decode(content)
        for token in found.tokens:
            bytes.fromhex(token.digest)
    except (ValueError, RecursionError):
        raise UnusableTokens(_problem(content)) from None
    if len({token.name for token in found.tokens}) != len(found.tokens):
        raise UnusableTokens("is damaged: it has two tokens of one name")
    return found.tokens


def encode_tokens(tokens: list[StoredToken]) -> bytes:
    """Return the content of the file."""
    document = _Document(VERSION, tokens)
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _problem(content: bytes) -> str:
    try:
        version = _ANY_VERSION.decode(content).version
    except (ValueError, RecursionError):
        return "is damaged"
    return "is of a later version of aircher" if version > VERSION else "is damaged"
