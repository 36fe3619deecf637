"""Reading a provider's list of models, of whatever vendor, within bounds.

bytes    no more than `MAX_LIST` are received                  `download`
values   counted before anything is decoded                    `decode_list`
rows     names that are none go, with what repeats a key       `read_list`
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
"""Bytes of a list of models; the longest known, of a thousand models, has one million."""

MAX_VALUES = 100_000
"""Maps and lists in it, however deep; the longest known has a tenth of that."""

T = TypeVar("T")
log = structlog.get_logger()


def decode_list(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """Decode a list of models.

    Raises:
        ProviderFailed: PROTOCOL: it is none, or it is longer than any.
    """
    # Brackets in texts count too: there is room for them, and to look for them takes no time.
    if body.count(b"{") + body.count(b"[") > MAX_VALUES:
        fail(FailureClass.PROTOCOL, f"sent a list of models with more than {MAX_VALUES} values")
    return decode_with(decoder, body, "a list of models")


def read_list(
    adapter: Adapter, body: bytes, holds_key: Callable[[str], bool], provider: str
) -> list[Model]:
    """Return what `adapter` reads in `body`, as far as it is fit to be kept and shown.

    Args:
        adapter: of the vendor.
        body: of its answer.
        holds_key: whether a text has a live key in it.
        provider: its name, for the log.

    Raises:
        ProviderFailed: it is no such list.
    """
    models = adapter.read_models(body)
    kept = sanitize_models(models, holds_key)
    if len(kept) < len(models):
        # Not which: what is no name has no place in a log either.
        log.warning(
            "models_left_out",
            provider=provider,
            count=len(models) - len(kept),
            reason="names that are empty, too long, not printable or hold a key; or too many",
        )
    return kept
