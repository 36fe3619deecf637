"""Names of conversations become names of files."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_client.conversations.names import (
    MAX_NAME,
    ConversationError,
    check_name,
    file_name,
    name_of,
    new_name,
)

NAMES = st.text(st.characters(codec=None), min_size=1, max_size=MAX_NAME)


@given(NAMES, NAMES)
def test_each_name_has_a_file_of_its_own(one: str, other: str) -> None:
    """Different names never share a file."""
    assert (one == other) == (file_name(one) == file_name(other))


@given(NAMES)
def test_the_name_is_in_the_file_name(name: str) -> None:
    """So that a list needs no file's content; a very long name is not whole."""
    assert name_of(file_name(name)) == name or "~" in file_name(name)


@pytest.mark.parametrize("stem", ["%", "%zz", "%FF", "a%2", "\udcff"])
def test_other_files_keep_their_name(stem: str) -> None:
    """A user may put a file there."""
    assert name_of(f"{stem}.jsonl") == stem


@given(NAMES)
def test_a_file_name_is_possible_everywhere(name: str) -> None:
    """It is short, has no slash, no control character, and is not hidden."""
    file = file_name(name)
    assert len(file) <= 255
    assert file.isascii()
    assert file.isprintable()
    assert not set(file) & set('/\\:*?"<>|')
    assert not file.startswith(".")


def test_plain_names_are_readable() -> None:
    """They can be found in the folder."""
    assert file_name("tea") == "tea.jsonl"
    assert file_name("repo@v1.2") == "repo@v1.2.jsonl"
    assert file_name("../a").replace("%2E.", "%2E%2E") == "%2E%2E%2Fa.jsonl"
    assert file_name("Té") == "T%C3%A9.jsonl"


def test_names_of_conversations_without_one() -> None:
    """They are the local time, and sort by it."""
    assert time.strftime("%Y%m%d-%H%M%S-4f2a90", time.localtime(1e9)) == new_name(
        1e9, b"\x4f\x2a\x90"
    )
    assert new_name(1.0) != new_name(90_000.0)


@pytest.mark.parametrize(
    "name", ["", "  ", "two\nlines", "\x1b[31mred", "a\x9bb", "x" * (MAX_NAME + 1)]
)
def test_impossible_names(name: str) -> None:
    """They are refused with a sentence."""
    with pytest.raises(ConversationError, match="name of a conversation"):
        check_name(name)
