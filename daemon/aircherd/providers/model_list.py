"""Reads a provider's list of models, within limits. Every vendor's list passes through here.

bytes    at most `MAX_LIST` are received                       `download`
values   counted before anything is decoded                    `decode_list`
rows     invalid names, and rows with a key in them, dropped   `read_list`
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec
import structlog

from aircherd.catalog.sanitize import sanitize_models
from aircherd.errors import fail
from aircherd.providers.adapter import Adapter
from aircherd.providers.codec.json_in import decode_with
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

MAX_LIST = 4 * 1024 * 1024
"""Bytes of a list of models; the longest known one, with a thousand models, has one million."""

MAX_VALUES = 100_000
"""Maps and lists in it, at any depth; the longest known list has a tenth of that."""

T = TypeVar("T")
log = structlog.get_logger()


def decode_list(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """Decode a list of models.

    Raises:
        ProviderFailed: PROTOCOL: it is not one, or it has too many values.
    """
    # Brackets in strings count too: the limit leaves room, and the check is cheap.
    if body.count(b"{") + body.count(b"[") > MAX_VALUES:
        fail(FailureClass.PROTOCOL, f"sent a list of models with more than {MAX_VALUES} values")
    return decode_with(decoder, body, "a list of models")


def read_list(
    adapter: Adapter, body: bytes, holds_key: Callable[[str], bool], provider: str
) -> list[Model]:
    """Return the models that `adapter` reads in `body`, without those unfit to store and show.

    Args:
        adapter: of the vendor.
        body: of the response.
        holds_key: returns whether a text contains a live key.
        provider: its name, for the log.

    Raises:
        ProviderFailed: it is not a list of models.
    """
    models = adapter.read_models(body)
    kept = sanitize_models(models, holds_key)
    if len(kept) < len(models):
        # Only the count: an invalid name must not reach the log either.
        log.warning(
            "models_left_out",
            provider=provider,
            count=len(models) - len(kept),
            reason="names that are empty, too long, not printable or hold a key; or too many",
        )
    return kept
