"""JSON Schemas for the Anthropic Messages API; see also `test_request`."""

from aircherd.providers.anthropic.schemas import close_objects
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import failure_of


def test_only_schemas_are_closed() -> None:
    """Objects in every place of a schema are closed; data of the same shape is not."""
    schema = {
        "type": "object",
        "properties": {"a": {"anyOf": [{"type": "object"}]}},
        "enum": [{"type": "object"}],
    }
    assert close_objects(schema, "it") == {
        "type": "object",
        "properties": {"a": {"anyOf": [{"type": "object", "additionalProperties": False}]}},
        "enum": [{"type": "object"}],
        "additionalProperties": False,
    }


def test_a_schema_without_end() -> None:
    """One that nests too deeply is refused by its name."""
    schema: dict[str, object] = {}
    for _ in range(5000):
        schema = {"items": schema}
    failure = failure_of(lambda: close_objects(schema, "it"))
    assert (failure.kind, failure.message) == (FailureClass.BAD_REQUEST, "it nests too deeply")
