"""Writes JSON for a provider: request bodies, and the JSON that clients send as strings.

A client's JSON is passed on as text, so that nothing of it is lost or changed. It is parsed where
an API takes it as a part of the body; if it is invalid, the client is at fault.
"""

import msgspec

from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_map
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.failure import FailureClass


def encode_body(body: dict[str, object], extra: dict[str, object]) -> bytes:
    """Encode a request body as JSON; keys of `extra` override those of `body`.

    Only `tools` are joined: to add a tool of the vendor must not remove the client's own. Text from
    editors may hold lone surrogates, which no provider accepts: they become U+FFFD.

    Raises:
        ProviderFailed: BAD_REQUEST: a tool's parameters nest too deeply, or `extra.tools` is not a
            list although there are other tools.
    """
    merged = _merge(body, extra) if extra else body
    try:
        try:
            return msgspec.json.encode(merged)
        except UnicodeEncodeError:
            return msgspec.json.encode(_without_surrogates(merged))
    except RecursionError:
        fail(FailureClass.BAD_REQUEST, "the request nests too deeply")


def _merge(body: dict[str, object], extra: dict[str, object]) -> dict[str, object]:
    merged = body | extra
    own, further = body.get("tools"), extra.get("tools")
    if isinstance(own, list) and "tools" in extra:
        if not isinstance(further, list):
            fail(FailureClass.BAD_REQUEST, "extra: tools must be a list, to be joined with tools")
        merged["tools"] = [*own, *(each for each in further if each not in own)]
    return merged


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, msgspec.Struct):
        return _without_surrogates(msgspec.to_builtins(value))
    return value


def parse_object(text: str, what: str) -> dict[str, object]:
    """Parse a JSON object that a client sent as a string; an empty string is an empty object.

    Raises:
        ProviderFailed: BAD_REQUEST, naming `what`.
    """
    if not text.strip():
        return {}
    try:
        value = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        fail(FailureClass.BAD_REQUEST, f"{what} must be a JSON object, as a string")
    return value


def tool_parameters(tool: Tool) -> dict[str, object]:
    """Parse the JSON Schema of a tool's parameters; without a `type` it becomes an object's.

    Parameters have names, so it can be nothing else; but half of the vendors require the type.

    Raises:
        ProviderFailed: BAD_REQUEST, naming the tool.
    """
    schema = parse_object(tool.parameters, f"parameters of tool {tool.name!r}")
    return {"type": "object", **schema} if schema else schema


def is_closed(schema: object) -> bool:
    """Return whether OpenAI's strict mode accepts a JSON Schema.

    Every object in it must require all of its properties and allow no others. Other schemas are
    followed as advice instead of being refused.
    """
    if isinstance(schema, list):
        return all(is_closed(each) for each in schema)
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, dict):
        named = set(as_map(properties))
        required = schema.get("required")
        if schema.get("additionalProperties") is not False or not isinstance(required, list):
            return False
        if named - {name for name in required if isinstance(name, str)}:
            return False
    return all(is_closed(each) for each in schema.values())
