"""The context window to request from Ollama: enough for the prompt and its answer.

Ollama reloads the model when this number changes, which takes seconds, and each token costs memory.
So there are few steps, each twice the previous one.
"""

from aircher_wire.media import media_type_of_base64
from aircherd.providers.codec.json_out import encode_body
from aircherd.vocabulary.models import Model

MIN_WINDOW = 8192
"""Tokens; twice Ollama's default on most machines."""

ANSWER_TOKENS = 4096
"""Tokens kept for the answer, thinking included, of a request without a limit."""

MAX_WINDOW = 1 << 20
"""For a model whose window is unknown: a server would try to allocate any number."""

BYTES_PER_TOKEN = 3
"""Of the request as JSON. English has about 4; code and other scripts have fewer."""

TOKENS_PER_IMAGE = 1024
"""About what local vision models use for an image."""

BYTES_PER_SOUND_TOKEN = 1024
"""Of sound in base64; a second of it is 25 to 50 tokens."""


def window_for(body: dict[str, object], max_tokens: int | None, model: Model) -> int:
    """Return the window in tokens: a power of two, or the model's own maximum."""
    needed = estimated_tokens(body) + (max_tokens or ANSWER_TOKENS)
    window = max(MIN_WINDOW, 1 << (needed - 1).bit_length())
    return min(window, model.window or MAX_WINDOW)


def estimated_tokens(body: dict[str, object]) -> int:
    """Estimate the tokens in the messages and tools of a request's `body`."""
    messages = body["messages"]
    assert isinstance(messages, list)
    media = [each for message in messages for each in message.get("images", ())]
    texts = [{**message, "images": None} for message in messages]
    size = len(encode_body(body | {"messages": texts}, {}))
    return size // BYTES_PER_TOKEN + sum(map(_media_tokens, media))


def _media_tokens(data: str) -> int:
    if (media_type_of_base64(data) or "").startswith("audio/"):
        return len(data) // BYTES_PER_SOUND_TOKEN
    return TOKENS_PER_IMAGE
