"""An answer as it is shown while it streams in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.render.answer.answer import AnswerRenderer
from aircher_cli.render.answer.cells import cell_width

MARKDOWN = """\
# Why is the sky blue?

The sky is blue because of **Rayleigh scattering**: *short* wavelengths are scattered more, see
[the article](https://example.org/a/long/address).

1. First, do *this* thing that is long enough to wrap around at forty columns.
2. Then **that**:
   - nested item with quite a lot of text that wraps

> A quote that is also long enough to be wrapped somewhere.

```python
def f(x):  # a long line of code that is wider than the terminal, and stays so
    return x**2
```

---
中文没有空格，所以一行可以在任何字符之间断开。

    indented code, which is not wrapped either, however long it is
"""  # noqa: RUF001 - Chinese

PLAIN = """\
Why is the sky blue?

The sky is blue because of Rayleigh
scattering: short wavelengths are
scattered more, see
the article
(https://example.org/a/long/address).

1. First, do this thing that is long
   enough to wrap around at forty
   columns.
2. Then that:
   - nested item with quite a lot of
     text that wraps

> A quote that is also long enough to
> be wrapped somewhere.

```python
def f(x):  # a long line of code that is wider than the terminal, and stays so
    return x**2
```

---
中文没有空格，所以一行可以在任何字符之
间断开。

    indented code, which is not wrapped either, however long it is
"""  # noqa: RUF001 - Chinese


def rendered(text: str, *, size: int | None = None, width: int = 40, styles: bool = True) -> str:
    renderer = AnswerRenderer(lambda: width, has_styles=styles)
    step = size or len(text) or 1
    pieces = [text[at : at + step] for at in range(0, len(text), step)]
    return "".join([*map(renderer.feed, pieces), renderer.finish()])


def without_styles(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_markdown_is_shown_plainly() -> None:
    """Wrapped at words, lists with a hanging indent, code as it is."""
    assert without_styles(rendered(MARKDOWN)) == PLAIN


def test_what_is_important_is_bold() -> None:
    """Headings and emphasis."""
    shown = rendered(MARKDOWN)
    assert shown.startswith("\x1b[1;4mWhy\x1b[0m \x1b[1;4mis\x1b[0m")
    assert "\x1b[1mRayleigh\x1b[0m\n\x1b[1mscattering\x1b[0m:" in shown
    assert "\x1b[3mshort\x1b[0m" in shown
    assert "    return x**2\n" in shown


@pytest.mark.parametrize("styles", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_pieces_do_not_matter(size: int, styles: bool) -> None:
    """Byte by byte, or the whole at once."""
    assert rendered(MARKDOWN, size=size, styles=styles) == rendered(MARKDOWN, styles=styles)


TEXTS = st.text(alphabet="ab *_`~[]()<>#-+1.>|\\\n!中。\t:/", max_size=80)


@given(TEXTS, st.booleans())
def test_the_pieces_never_matter(text: str, styles: bool) -> None:
    """Whatever the text is."""
    assert rendered(text, size=1, styles=styles) == rendered(text, styles=styles)


@given(TEXTS)
def test_without_styles_nothing_but_spaces_is_changed(text: str) -> None:
    """NO_COLOR: no escape codes, and all markup, as nothing else shows what it says."""
    shown = rendered(text, styles=False)
    assert "\x1b" not in shown
    unquoted = str.maketrans("", "", " \t\n>")
    assert shown.translate(unquoted) == text.translate(unquoted)


@given(st.text(alphabet="abc 中", max_size=200))
def test_no_line_is_wider_than_the_terminal(text: str) -> None:
    """Unless a word is."""
    words = max((cell_width(word) for word in re.split(r"[ 中]", text)), default=0)
    for line in rendered(text, width=20).split("\n"):
        assert cell_width(line.rstrip()) <= max(19, words, len(line) - len(line.lstrip()) + words)


def test_text_is_shown_before_its_line_has_ended() -> None:
    """It streams."""
    renderer = AnswerRenderer(lambda: 40, has_styles=True)
    assert renderer.feed("Because of ") == "Because of"
    assert renderer.feed("**Ray") == ""
    assert renderer.feed("leigh** and") == " \x1b[1mRayleigh\x1b[0m"


def test_what_comes_after_something_else_begins_a_line() -> None:
    """A note on standard error was printed in the middle of the answer."""
    renderer = AnswerRenderer(lambda: 20, has_styles=False)
    assert renderer.feed("one two three ") + renderer.finish() == "one two three"
    renderer.restart_line()
    assert renderer.feed("four five six ") == "four five six"


def test_code_that_is_never_closed_stays_code() -> None:
    """The answer was cut off within it."""
    text = "```\na line that is wider than the terminal is\n    x = 1"
    assert without_styles(rendered(text, width=20)) == text
