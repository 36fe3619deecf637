"""How large a window Ollama shall load a model with: enough for the prompt and its answer.

It loads the model anew when that number changes, which takes seconds, and each token of it costs
memory: so there are few steps, each twice the one before.
"""

from aircherd.providers.codec.json_out import encode_body
from aircherd.vocabulary.models import Model

SMALLEST = 8192
"""Tokens. Twice what Ollama takes by itself on most machines."""

ROOM_FOR_ANSWER = 4096
"""Tokens kept for the answer of a request without a limit; thinking is in there too."""

LARGEST = 1 << 20
"""For a model whose window nobody knows: a server would try to find the memory for any number."""

BYTES_PER_TOKEN = 3
"""Of the request as JSON. English has about 4, code and other scripts fewer."""

TOKENS_PER_IMAGE = 1024
"""About what vision models of this size make of a picture."""


def window_for(body: dict[str, object], max_tokens: int | None, model: Model) -> int:
    """Return the window in tokens for this request: a power of two, or the model's own maximum."""
    needed = estimated_tokens(body) + (max_tokens or ROOM_FOR_ANSWER)
    window = max(SMALLEST, 1 << (needed - 1).bit_length())
    return min(window, model.window or LARGEST)


def estimated_tokens(body: dict[str, object]) -> int:
    """Return about how many tokens the messages and tools of a request's `body` are."""
    messages = body["messages"]
    assert isinstance(messages, list)
    images = sum(len(message.get("images", ())) for message in messages)
    words = [{**message, "images": None} for message in messages]
    size = len(encode_body(body | {"messages": words}, {}))
    return size // BYTES_PER_TOKEN + images * TOKENS_PER_IMAGE
