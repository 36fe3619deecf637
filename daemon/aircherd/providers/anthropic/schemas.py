"""JSON Schemas as the Anthropic Messages API takes them where an answer must match one."""

from aircherd.errors import fail
from aircherd.providers.anthropic.thinking import Block
from aircherd.vocabulary.failure import FailureClass


def close_objects(schema: Block, what: str) -> Block:
    """Return the schema with `additionalProperties: false` in every object, as this API requires.

    What matches the result matches the client's schema too. Where the client sets the field itself,
    it is kept, even if the API will refuse it.

    Raises:
        ProviderFailed: BAD_REQUEST, naming `what`: it nests too deeply.
    """
    try:
        return _close_schema(schema)
    except RecursionError:
        fail(FailureClass.BAD_REQUEST, f"{what} nests too deeply")


def _close_schema(schema: Block) -> Block:
    closed = {name: _close_value(name, value) for name, value in schema.items()}
    if _is_object(schema):
        closed.setdefault("additionalProperties", False)
    return closed


def _close_value(name: str, value: object) -> object:
    # Only where JSON Schema has a schema: inside `enum` or `const` the same names are data.
    if isinstance(value, dict):
        if name in ("properties", "$defs", "definitions"):
            return {key: _close_value("items", each) for key, each in value.items()}
        return _close_schema(value) if name == "items" else value
    if isinstance(value, list) and name in ("anyOf", "allOf", "oneOf"):
        return [_close_value("items", each) for each in value]
    return value


def _is_object(schema: Block) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)
