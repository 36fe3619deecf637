"""Asks a provider how many tokens an HTTP client's request has: free of charge, in its own form."""

from functools import partial

import msgspec

from aircherd.config.model import Provider
from aircherd.errors import fail
from aircherd.providers.api_client import ApiClient, assert_key_origin
from aircherd.providers.codec.json_in import as_count
from aircherd.providers.transport.request import HttpRequest
from aircherd.providers.verbatim.passage import Passage
from aircherd.providers.verbatim.passed_call import passed_head
from aircherd.providers.verbatim.speakers import find_speaker
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.models import Model

MAX_COUNT = 64 * 1024
"""Bytes of an answer with a count."""


class _Count(msgspec.Struct):
    input_tokens: object = None
    totalTokens: object = None  # noqa: N815 -- Google's spelling


_DECODER = msgspec.json.Decoder(_Count)


async def ask_count(
    api_client: ApiClient,
    provider: Provider,
    model: Model,
    key: ApiKey | None,
    *,
    request: ChatRequest,
    passage: Passage,
) -> int | None:
    """Return the provider's count, None if it does not speak the client's API.

    Raises:
        ProviderFailed: it did not count.
        AircherError: our own failure.
    """
    speaker = find_speaker(provider, model, request, passage)
    if speaker is None:
        return None
    assert_key_origin(key, provider)
    secret = key.secret if key else None
    build = partial(passed_head, speaker, passage)
    head = api_client.build_request(secret, build, provider, model, secret, stream=False)
    call = HttpRequest(head.method, head.url, head.headers, passage.body_for(model.id))
    data = await api_client.read_whole(provider, call, secret, MAX_COUNT, "counts no tokens")
    return _read_count(data)


def _read_count(data: bytes) -> int:
    try:
        found = _DECODER.decode(data)
    except (ValueError, RecursionError):
        found = _Count()
    value = found.totalTokens if found.input_tokens is None else found.input_tokens
    if value is None:
        fail(FailureClass.PROTOCOL, "answered with something that is not a count of tokens")
    return as_count(value)
