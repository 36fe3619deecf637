"""Markup within a line."""

import pytest

from aircher_cli.render.answer.inline import LIMIT, Inline, read_spans


def shown(text: str) -> list[tuple[str, str]]:
    """Return the spans of a whole line, adjacent ones of one style joined."""
    spans, rest = read_spans(text, "")
    assert rest == ""
    joined: list[tuple[str, str]] = []
    for piece, style in spans:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + piece, style)
        elif piece:
            joined.append((piece, style))
    return joined


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** x", [("bold", "strong"), (" x", "")]),
        ("*em*, _em_", [("em", "emphasis"), (", ", ""), ("em", "emphasis")]),
        ("***both***", [("both", "strong emphasis")]),
        ("**a *b* c**", [("a ", "strong"), ("b", "strong emphasis"), (" c", "strong")]),
        ("*a **b** c*", [("a ", "emphasis"), ("b", "strong emphasis"), (" c", "emphasis")]),
        ("**重点**内容", [("重点", "strong"), ("内容", "")]),
        ("~~gone~~", [("gone", "deleted")]),
        ("`a*b*c`", [("a*b*c", "code")]),
        ("`` a`b ``", [("a`b", "code")]),
        ("**`x**y`**", [("x**y", "code")]),
        (r"\*no\*", [("*no*", "")]),
        ("[a *b*](http://x/y_z_)", [("a b", "link"), (" (http://x/y_z_)", "")]),
        ("[http://x](http://x)", [("http://x", "link")]),
        ('[a](http://x "title")', [("a", "link"), (" (http://x)", "")]),
        ("![cat](c.png)", [("cat", "link"), (" (c.png)", "")]),
        ("<https://x/a>", [("https://x/a", "link")]),
    ],
)
def test_markup(text: str, expected: list[tuple[str, str]]) -> None:
    """Its marks are left out, and what they mean becomes a style."""
    if text.startswith("[a *b*]"):
        expected = [("a ", "link"), ("b", "emphasis"), (" (http://x/y_z_)", "")]
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4",
        "2*3*4 and 2**3**4",
        "*.py and *.c files",
        "*args and **kwargs",
        "snake_case_name",
        "__init__ and __main__",
        "**unclosed",
        "a `quote",
        "[x] [ ] a[1] [a] (b)",
        "Hello! <b>",
        r"\(x_1\) and \[y\] and C:\dir",
        "5 < 6 ~ 7",
        "a**",
        "http://x/a_b_c?d=*e",
        "****",
    ],
)
def test_what_is_no_markup_stays_as_it_is(text: str) -> None:
    """No character of an answer may be lost."""
    assert shown(text) == [(text, "")]


def test_markup_is_held_back_until_its_end() -> None:
    """What is before it is not."""
    inline = Inline()
    inline.begin("")
    assert inline.feed("so **very") == [("so ", "")]
    assert inline.feed(" good** it") == [("very good", "strong"), (" it", "")]
    assert inline.feed(" *") == [(" ", "")]
    assert inline.end() == [("*", "")]


def test_what_does_not_end_is_not_held_back_for_long() -> None:
    """It was no markup then."""
    inline = Inline()
    inline.begin("heading")
    assert inline.feed("*" + "a" * (LIMIT - 1)) == []
    printed = inline.feed("aaa")
    assert "".join(text for text, _ in printed) == "*" + "a" * (LIMIT + 2)
    assert {style for _, style in printed} == {"heading"}
