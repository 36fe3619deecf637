"""Values from the wire: an unexpected type becomes empty and raises nothing."""

import pytest

from aircher_cli.values import as_map, number, records, split_model, text, texts, without_label


def test_as_map_returns_maps_only() -> None:
    """Anything but a map becomes an empty one."""
    assert [as_map({"a": 1}), as_map(["a"]), as_map(None)] == [{"a": 1}, {}, {}]


@pytest.mark.parametrize(("value", "expected"), [(2, 2.0), (0.5, 0.5), ("2", None), (None, None)])
def test_number_returns_numbers_only(value: object, expected: float | None) -> None:
    """Anything but a number becomes None."""
    assert number(value) == expected


def test_text_of_none_is_empty() -> None:
    """Other values are converted to strings."""
    assert [text("a"), text(3), text(None)] == ["a", "3", ""]


def test_texts_returns_lists_only() -> None:
    """The entries are converted to strings; anything but a list becomes an empty one."""
    assert [texts(["a", 3]), texts("ab"), texts(None)] == [["a", "3"], [], []]


def test_records_returns_the_maps_of_a_list() -> None:
    """Entries that are not maps are ignored."""
    assert [records([{"a": 1}, "x", None]), records({"a": 1}), records(3)] == [[{"a": 1}], [], []]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("openai@work/a/b", "openai/a/b"), ("openai/a@b", "openai/a@b"), ("sonnet", "sonnet")],
)
def test_without_label(name: str, expected: str) -> None:
    """Only a label before the slash is one."""
    assert without_label(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai@work/a/b", ("openai", "work", "a/b")),
        ("openai/a@b", ("openai", "", "a@b")),
        ("claude@20250929", ("claude@20250929", "", "")),
    ],
)
def test_split_model(name: str, expected: tuple[str, str, str]) -> None:
    """Only a label before the slash is one."""
    assert split_model(name) == expected
