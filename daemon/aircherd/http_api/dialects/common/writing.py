"""JSON texts and server-sent events as bytes: pure, and on the hot path of translated streams."""

from typing import Final

import msgspec

_ENCODER: Final = msgspec.json.Encoder()


def json_bytes(value: object) -> bytes:
    """Return a value as JSON. Halves of characters, which JSON cannot carry, are replaced."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return _ENCODER.encode(_whole(value))


def _whole(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(name): _whole(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(each) for each in value]
    if isinstance(value, msgspec.Struct):
        config, kind = value.__struct_config__, type(value)
        names = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
        tag = {config.tag_field: config.tag} if config.tag_field else {}
        return tag | {name: _whole(getattr(value, field)) for name, field in names}
    return value  # JSON that is encoded already, too


def named_event(name: bytes, data: bytes) -> bytes:
    """Return a server-sent event with a name."""
    return b"event: %b\ndata: %b\n\n" % (name, data)


def data_event(data: bytes) -> bytes:
    """Return a server-sent event without a name."""
    return b"data: %b\n\n" % data


def comment(text: str = "") -> bytes:
    """Return a comment of a stream of server-sent events, which clients skip."""
    return f": {text}\n\n".encode() if text else b":\n\n"
