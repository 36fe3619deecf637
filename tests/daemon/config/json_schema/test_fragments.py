"""The schema of single values."""

import jsonschema
import pytest

from aircherd.config.json_schema import fragments


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (fragments.string("x"), ["a"], ["", 1]),
        (fragments.choice("x", ["a", "b"]), ["a"], ["c", None]),
        (fragments.integer("x", 1, 5), [1, 5], [0, 6, 1.5, "1"]),
        (fragments.flag("x"), [True], ["true", 1]),
        (fragments.seconds("x", 10, 5.0), [0.1, 10], [0, 11, "1"]),
        (fragments.amount("x", r"[0-9]+(\.[0-9]+)?", 5), [0, 2.5, "2.5"], [-1, 6, "$1", "-1"]),
        (fragments.strings("x"), [["a"]], [[], [""], "a"]),
        (fragments.table("x", {"a": fragments.flag("y")}), [{}, {"a": True}], [{"b": 1}]),
        (
            fragments.named("x", {"pattern": "^a"}, fragments.flag("y")),
            [{}, {"ab": True}],
            [{"b": True}, {"a": 1}],
        ),
    ],
)
def test_each_form_accepts_and_refuses(
    schema: fragments.Fragment, good: list[object], bad: list[object]
) -> None:
    """By an independent validator."""
    validator = jsonschema.Draft7Validator(schema)
    assert all(map(validator.is_valid, good))
    assert not any(map(validator.is_valid, bad))
    assert schema["description"] == "x" or "seconds" in str(schema["description"])
