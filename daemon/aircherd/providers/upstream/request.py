"""A chat request as this daemon sends it to another one: pure."""

from collections.abc import Sequence

import msgspec

from aircher_wire import frames
from aircherd.errors import fail
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import OtherPart, Part, ToolResultPart, seal

_DEFAULTS = ChatRequest(messages=[])

_PASSED_ON = (
    "system",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "reasoning",
    "max_tokens",
    "temperature",
    "top_p",
    "stop",
    "modalities",
    "stream",
    "conversation",
    "extra",
)
"""The fields that mean the same there. Presets were applied here; deadlines are kept here."""

HEAD_ROOM = 64
"""Bytes of a frame besides its parameters, at most."""

_encode = msgspec.msgpack.Encoder().encode


def chat_params(
    request: ChatRequest, model: str, provider: str, passed: Sequence[str]
) -> dict[str, object]:
    """Return the parameters of `chat`: what differs from the defaults, which older daemons know.

    Args:
        request: as it may be sent to this provider.
        model: its name at that daemon.
        provider: the name that the daemon has here, which parts of earlier answers have.
        passed: the ids of the daemons that the request has passed, [] for one that does not know.
    """
    params: dict[str, object] = {
        "messages": [_message(message, f"{provider}/") for message in request.messages],
        "model": model,
    }
    for name in _PASSED_ON:
        value = getattr(request, name)
        if value != getattr(_DEFAULTS, name):
            params[name] = value
    route: dict[str, object] = {}
    if request.route.no_fallback:
        route["no_fallback"] = True
    if passed:
        route["passed"] = list(passed)
    return {**params, "route": route} if route else params


def encode_params(params: dict[str, object]) -> bytes:
    """Encode parameters.

    Raises:
        ProviderFailed: REQUEST_SIZE: they do not fit into a frame.
    """
    try:
        data = _encode(params)
    except UnicodeEncodeError:  # half of a character, as editors send it
        data = frames.encode_value(msgspec.to_builtins(params))
    if len(data) + HEAD_ROOM > frames.MAX_FRAME:
        fail(
            FailureClass.REQUEST_SIZE,
            f"the request has {len(data)} bytes, and another daemon takes {frames.MAX_FRAME}",
        )
    return data


def encode_call(msgid: int, method: str, params: bytes) -> bytes:
    """Return the frame of a request whose parameters are encoded already."""
    return b"\x94\x00" + _encode(msgid) + _encode(method) + b"\x91" + params


def _message(message: Message, prefix: str) -> Message:
    content = message.content
    if isinstance(content, str):
        return message
    parts = [_part(part, prefix) for part in content]
    return msgspec.structs.replace(message, content=parts)


def _part(part: Part, prefix: str) -> Part:
    """Return a part with its origin as that daemon calls it."""
    if isinstance(part, ToolResultPart):
        if isinstance(part.content, str):
            return part
        inner = [_part(each, prefix) for each in part.content]
        return msgspec.structs.replace(part, content=inner)
    origin: str | None = getattr(part, "origin", None)
    if origin is None or not origin.startswith(prefix):
        return part
    theirs = origin.removeprefix(prefix)
    if isinstance(part, OtherPart):
        signature = seal(part.kind, theirs, part.data)
        return msgspec.structs.replace(part, origin=theirs, signature=signature)
    return msgspec.structs.replace(part, origin=theirs)
