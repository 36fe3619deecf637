"""Lines that end at words."""

import pytest

from aircher_cli.render.answer.word_wrap import WordWrap, paint


def wrapped(text: str, width: int, *, hang: str = "") -> str:
    wrap = WordWrap(lambda: width, has_styles=False)
    return wrap.begin("", hang) + wrap.text(text) + wrap.flush()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three four", "one two\nthree\nfour"),
        ("one  two", "one  two"),
        ("123456789 a", "123456789\na"),
        ("a-word-that-is-too-long b", "a-word-that-is-too-long b"),
        ("x a-word-that-is-too-long", "x\na-word-that-is-too-long"),
        ("中文没有空格", "中文没有\n空格"),
        ("中文没有。好", "中文没\n有。好"),
        ("中文没（有）", "中文没\n（有）"),  # noqa: RUF001 - marks of Chinese
        ("한글은 띄어쓴다", "한글은\n띄어쓴다"),
        ("aaaa 👩\u200d💻👩\u200d💻", "aaaa 👩\u200d💻\n👩\u200d💻"),
        ("cafe\u0301s cafe\u0301s", "cafe\u0301s\ncafe\u0301s"),
    ],
)
def test_lines_end_between_words(text: str, expected: str) -> None:
    """A word is broken by nothing but the terminal; in Chinese, a line may end nearly anywhere."""
    assert wrapped(text, 10) == expected


def test_what_goes_on_is_indented() -> None:
    """By what the line was begun with."""
    assert wrapped("one two three four", 15, hang="> ") == "one two three\n> four"


def test_an_indent_that_leaves_no_room_is_dropped() -> None:
    """Else each line would have one word."""
    assert wrapped("one two three four", 12, hang=" " * 8) == "one two\nthree four"


def test_a_word_is_held_back_until_it_is_whole() -> None:
    """It may not fit, and what is printed stays."""
    wrap = WordWrap(lambda: 10, has_styles=False)
    assert [wrap.text(piece) for piece in ("one tw", "o th", "ree ")] == ["one", " two", "\nthree"]
    assert wrap.flush() == ""


def test_the_width_may_change_meanwhile() -> None:
    """The next word goes by the new width."""
    widths = [30]
    wrap = WordWrap(lambda: widths[0], has_styles=False)
    first = wrap.text("one two three ")
    widths[0] = 15
    assert first + wrap.text("four five ") == "one two three\nfour five"


def test_code_is_not_wrapped() -> None:
    """Not even where it is wider than the terminal."""
    wrap = WordWrap(lambda: 10, has_styles=False)
    assert wrap.code("a long line of code") + wrap.newline() == "a long line of code\n"


def test_spaces_at_the_end_of_a_line_are_left_out() -> None:
    """They would be broken into the next one."""
    wrap = WordWrap(lambda: 10, has_styles=False)
    assert wrap.text("one   ") + wrap.newline() == "one\n"


def test_a_tab_ends_at_a_tab_stop() -> None:
    """As the terminal shows it."""
    assert wrapped("a\tb cc", 12) == "a\tb\ncc"


def test_a_style_ends_with_its_word() -> None:
    """What comes after it, such as an error message, is not bold."""
    wrap = WordWrap(lambda: 10, has_styles=True)
    printed = wrap.text("a ") + wrap.text("bold word", "strong") + wrap.text(".") + wrap.flush()
    assert printed == "a \x1b[1mbold\x1b[0m\n\x1b[1mword\x1b[0m."
    assert paint("", "strong") == ""


def test_what_something_else_has_begun() -> None:
    """A note was printed in between, and the column is 0 again."""
    wrap = WordWrap(lambda: 10, has_styles=False)
    wrap.text("one two ")
    wrap.restart()
    assert (wrap.column, wrap.text("three ")) == (0, "three")
