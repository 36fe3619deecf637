"""The argument parser."""

import argparse

import pytest

from aircher_cli.exit_codes import UsageError
from aircher_cli.parser import (
    fraction,
    make_parser,
    non_empty_name,
    non_negative,
    option_name,
    positive,
    positive_int,
)


def test_options_may_stand_anywhere() -> None:
    """Options are recognised between and after the words of a prompt."""
    parser = make_parser("x", "does")
    parser.add_argument("words", nargs="*")
    parser.add_argument("-m")
    parser.add_argument("-v", action="store_true")
    options = parser.parse(["a", "-m", "M", "b", "-v"])
    assert (options.words, options.m, options.v) == (["a", "b"], "M", True)


def test_after_two_dashes_everything_is_a_word() -> None:
    """`--` allows a prompt that begins with a dash."""
    parser = make_parser("x", "does")
    parser.add_argument("words", nargs="*")
    assert parser.parse(["--", "-m", "b"]).words == ["-m", "b"]


def test_the_value_of_an_option_without_one_is_not_repeated() -> None:
    """It may be a key, and argparse would say that it is ignored."""
    parser = make_parser("x", "does")
    parser.add_argument("--all", action="store_true")
    with pytest.raises(UsageError, match=r"^argument --all: takes no such value$"):
        parser.parse(["--all=secret123"])


@pytest.mark.parametrize("word", ["--key=sk-secret123", "-ksk-secret123"])
def test_unknown_option_is_named_without_its_value(word: str) -> None:
    """The value of an option that does not exist may be a key."""
    with pytest.raises(UsageError) as caught:
        make_parser("x", "does").parse([word])
    assert "secret" not in caught.value.message
    assert caught.value.message == f"unknown option {option_name(word)}"
    assert caught.value.hint == "aircher-cli x --help"


def test_extra_words_are_counted_not_repeated() -> None:
    """A word that has no place may be a key, too."""
    with pytest.raises(UsageError, match="1 unexpected argument"):
        make_parser("x", "does").parse(["sk-secret123"])


def test_no_abbreviations() -> None:
    """A script must keep working when an option is added."""
    parser = make_parser("x", "does")
    parser.add_argument("--verbose", action="store_true")
    with pytest.raises(UsageError, match="unknown option --verb"):
        parser.parse(["--verb"])


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (positive_int, "7", 7),
        (positive_int, "0", None),
        (positive_int, "-1", None),
        (positive_int, "1.5", None),
        (positive, "0.5", 0.5),
        (positive, "0", None),
        (positive, "-1", None),
        (positive, "inf", None),
        (fraction, "1", 1.0),
        (fraction, "0", None),
        (fraction, "1.1", None),
        (fraction, "nan", None),
        (non_negative, "0", 0.0),
        (non_negative, "nan", None),
        (non_negative, "inf", None),
        (non_negative, "much", None),
    ],
)
def test_numbers(parse: object, text: str, expected: float | None) -> None:
    """Numbers that are out of range are usage errors, before any request is sent."""
    assert callable(parse)
    if expected is None:
        with pytest.raises(argparse.ArgumentTypeError, match="must be a"):
            parse(text)
    else:
        assert expected == parse(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "much"])
def test_over_0_is_said_of_everything_that_is_not(text: str) -> None:
    """One rule has one wording."""
    with pytest.raises(argparse.ArgumentTypeError, match="must be a number above 0"):
        positive(text)


def test_a_name_is_not_empty() -> None:
    """An empty name usually comes from an unset shell variable."""
    assert non_empty_name("work") == "work"
    for empty in ("", " "):
        with pytest.raises(argparse.ArgumentTypeError, match="must not be empty"):
            non_empty_name(empty)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("cheepest", "must be one of cheapest, fastest, not cheepest (did you mean cheapest?)"),
        ("best", "must be one of cheapest, fastest, not best"),
        ("sk-secret", "must be one of cheapest, fastest"),
    ],
)
def test_an_unknown_choice(typed: str, expected: str) -> None:
    """The closest choice is suggested; a value that may be a key is not repeated."""
    parser = make_parser("x", "")
    parser.add_argument("--strategy", choices=("cheapest", "fastest"))
    with pytest.raises(UsageError) as caught:
        parser.parse(["--strategy", typed])
    assert caught.value.message == f"argument --strategy: {expected}"
