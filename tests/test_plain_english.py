"""The check of the language: what it finds, its exceptions, and stale exceptions."""

from pathlib import Path

import pytest

import plain_english
from plain_english import TOP_LEVEL, find_words, problems


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree without problems; no exceptions are configured."""
    monkeypatch.setattr(plain_english, "EXCEPTIONS", {})
    for name in TOP_LEVEL:
        (tmp_path / name).write_text("The provider failed.\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("He waits for nobody.", ["he", "nobody"]),
        ("def test_nobody_waits(): ...", ["nobody"]),
        ("self._told = WHOM", ["told", "whom"]),
        ("it waits for ever", ["for ever"]),
        ("the theory of forever, told2, a hero", ["told"]),
        ("The other client is at handover.", []),
    ],
)
def test_words_are_found_in_prose_and_in_names(text: str, words: list[str]) -> None:
    """Case and underscores do not matter; parts of longer words are not found."""
    assert [word for _, word in find_words(text)] == words


def test_a_problem_has_file_line_and_replacement(tree: Path) -> None:
    """One line per word."""
    (tree / "docs" / "a.md").write_text("Fine.\nStart anew.\n")
    assert problems(tree) == ["docs/a.md:2: 'anew' (write again)"]


def test_files_of_other_types_are_ignored(tree: Path) -> None:
    """Only text files that people write are read."""
    (tree / "docs" / "a.json").write_text("anew")
    assert problems(tree) == []


@pytest.mark.parametrize("word", ["anew", "*"])
def test_an_exception_allows_a_word(tree: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """A single word or any word of a file."""
    (tree / "docs" / "a.md").write_text("Start anew.\n")
    monkeypatch.setattr(plain_english, "EXCEPTIONS", {("docs/a.md", word): "a quotation"})
    assert problems(tree) == []


def test_an_unused_exception_is_a_problem(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of exceptions does not outlive their reason."""
    monkeypatch.setattr(plain_english, "EXCEPTIONS", {("docs/a.md", "anew"): "a quotation"})
    assert problems(tree) == ["docs/a.md: an exception for 'anew' is not needed"]
