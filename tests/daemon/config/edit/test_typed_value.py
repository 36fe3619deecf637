"""Values as typed in a shell."""

import datetime as dt
from collections.abc import Callable

import pytest

from aircherd.config.edit.typed_value import check_plain, read_typed
from aircherd.config.json_schema.document import find_schema
from aircherd.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6", 6),
        ("2.5", 2.5),
        ("true", True),
        ('"6"', "6"),
        ("'a b'", "a b"),
        ("sonnet", "sonnet"),
        ("openai/gpt-5.5", "openai/gpt-5.5"),
        ("https://a.example/v1", "https://a.example/v1"),
        ('["a", "b"]', ["a", "b"]),
        ('{ "X-A" = "b" }', {"X-A": "b"}),
        ("[1, [2]]", [1, [2]]),
        ("", ""),
        ("2026-11-29", "2026-11-29"),
        ("[2026-11-29]", "[2026-11-29]"),
        ('"a"\nother = 1', '"a"\nother = 1'),
        ("1 # one", 1),
        ("[" * 50, "[" * 50),
    ],
)
def test_typed_values(text: str, value: object) -> None:
    """TOML where it is TOML, else the text itself."""
    assert read_typed(text) == value


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("5", ("default_model",), "5"),
        ("true", ("default_model",), "true"),
        ('"5"', ("default_model",), "5"),
        ("nan", ("models", "m", "strategy"), "nan"),
        ("5", ("fallback", "max_attempts"), 5),
        ("five", ("fallback", "max_attempts"), "five"),
        ("5.0", ("limits", 0, "usd"), 5.0),
        ("5", ("limits", 0, "usd"), 5),
        ("$5", ("limits", 0, "usd"), "$5"),
        ("5", ("providers", "x", "env"), "5"),
        ('["A"]', ("providers", "x", "env"), ["A"]),
        ("10", ("network", "idle_timeout"), 10),
        ("5", ("unknown",), 5),
        ("false", ("auth", "lifetime"), False),
        ("8h", ("auth", "lifetime"), "8h"),
    ],
)
def test_the_type_of_the_entry_decides(
    text: str, path: tuple[str | int, ...], value: object
) -> None:
    """What could be a number is a string where only a string is possible."""
    got = read_typed(text, find_schema(path))
    assert (got, type(got)) == (value, type(value))


def test_plain_values_are_accepted() -> None:
    """Strings, numbers, booleans, lists and maps."""
    value = {"a": [1, 2.0, True, "x", {"b": []}]}
    assert check_plain("a", value) is value


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"x",
        float("inf"),
        "\udce9",
        {"\udce9": 1},
        [None],
        {"a": b""},
        {1: 2},
        dt.date(2026, 1, 1),
    ],
)
def test_what_toml_cannot_represent_is_refused(value: object) -> None:
    """The message names the entry."""
    with pytest.raises(BadRequest, match=r"value of 'a\.b': must be a string"):
        check_plain("a.b", value)


def _nested(depth: int, wrap: Callable[[object], object]) -> object:
    value: object = 1
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "value",
    [
        _nested(9, lambda inner: [inner]),
        _nested(600, lambda inner: [inner]),
        _nested(600, lambda inner: {"a": inner}),
        "x" * 100_000,
        {"x" * 100_000: 1},
        ["openai/m"] * 9000,
        [[1] * 300] * 300,
    ],
)
def test_what_no_file_could_contain_is_refused(value: object) -> None:
    """A client may send anything; neither the stack nor the loop suffers."""
    with pytest.raises(BadRequest, match=r"^value of 'a\.b': is too large, or nested too deep$"):
        check_plain("a.b", value)


def test_what_a_file_can_contain_is_accepted() -> None:
    """Up to the depth that a file may have."""
    value = _nested(8, lambda inner: [inner])
    assert check_plain("a.b", value) is value
