"""Breaks text into lines at words while it streams in.

A word is held back until it is known to be whole, since it may not fit into the line. A word that
is wider than the terminal, such as a URL, stays whole, so that it can be copied. Between characters
of Chinese and Japanese, which have no spaces, a line may end anywhere but before a closing mark.
"""

from collections.abc import Callable

from aircher_cli.render.answer.cells import cells_of, is_wide

SGR: dict[str, str] = {
    "heading": "1",
    "title": "1;4",
    "strong": "1",
    "emphasis": "3",
    "strong emphasis": "1;3",
    "deleted": "9",
    "code": "36",
    "link": "4",
    "faint": "2",
}
"""Style -> the parameters of its escape sequence."""

TAB = 8
"""Columns from one tab stop of a terminal to the next."""

NOT_FIRST = frozenset(
    "、。，．・：；？！）］｝〉》」』】〕〗’”…"  # noqa: RUF001 - marks of Chinese and Japanese
    "ーぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
"""Characters that do not begin a line."""

NOT_LAST = frozenset("（［｛〈《「『【〔〖‘“\u200d")  # noqa: RUF001 - marks of Chinese and Japanese
"""Characters that do not end a line; the last one joins two emoji."""

MIN_TEXT = 10
"""Columns that are left for text beside an indent."""


class WordWrap:
    """Takes pieces of text and returns what can be printed.

    Args:
        width: Returns the columns of the terminal, which may change meanwhile.
        has_styles: Whether styles become escape sequences.
    """

    def __init__(self, width: Callable[[], int], *, has_styles: bool) -> None:
        self._width = width
        self._has_styles = has_styles
        self._column = 0
        self._hang: tuple[str, str] = ("", "")  # what begins a line that goes on, and its style
        self._has_text = False  # whether the line has more than its indent
        self._space = ""  # before the word, and left out where the line ends
        self._word: list[tuple[str, str]] = []
        self._word_cells = 0
        self._last = ""  # the last character of the word

    @property
    def column(self) -> int:
        """The cells that are used in this line; what is held back is not counted."""
        return self._column

    def begin(self, prefix: str, hang: str, style: str = "") -> str:
        """Begin a line; `hang` begins each line that goes on after a break."""
        room = self._width() - 1
        self._hang = (hang if _cells(hang) + MIN_TEXT <= room else "", style)
        self._has_text = False
        self._column += _cells(prefix)
        return self._painted(prefix, style)

    def text(self, piece: str, style: str = "") -> str:
        """Add text without line ends; return the words that are whole."""
        printed: list[str] = []
        for letter in piece:
            if letter in " \t":
                printed += self._end_word()
                self._space += letter
                continue
            if self._word and _may_break(self._last, letter):
                printed += self._end_word()
            self._add(letter, style)
        return "".join(printed)

    def code(self, piece: str, style: str = "") -> str:
        """Return text as it is: it is not wrapped."""
        printed = self.flush()
        self._column = _after(self._column, piece)
        self._has_text = True
        return printed + self._painted(piece, style)

    def flush(self) -> str:
        """Return what is held back, whole or not."""
        return "".join(self._end_word())

    def newline(self) -> str:
        """End the line; spaces at its end are left out."""
        printed = self.flush()
        self.restart()
        return printed + "\n"

    def restart(self) -> None:
        """Go on at the start of a line that something else has begun."""
        self._column, self._hang, self._space, self._has_text = 0, ("", ""), "", False

    def _add(self, letter: str, style: str) -> None:
        if self._word and self._word[-1][1] == style:
            self._word[-1] = (self._word[-1][0] + letter, style)
        else:
            self._word.append((letter, style))
        self._word_cells += cells_of(letter)
        self._last = letter

    def _end_word(self) -> list[str]:
        """Return the word that is held back, on this line or the next one."""
        if not self._word:
            return []
        room = self._width() - 1
        start = _after(self._column, self._space)
        printed = []
        if self._has_text and start + self._word_cells > room:
            hang, style = self._hang
            printed = ["\n", self._painted(hang, style)]
            start = _cells(hang)
        else:
            printed = [self._space]
        printed += [self._painted(text, style) for text, style in self._word]
        self._column, self._has_text = start + self._word_cells, True
        self._space, self._word, self._word_cells, self._last = "", [], 0, ""
        if self._column > room + 1:  # the terminal itself has broken the word
            self._column %= room + 1
        return printed

    def _painted(self, text: str, style: str) -> str:
        return paint(text, style) if style and self._has_styles else text

    def __repr__(self) -> str:
        return f"<WordWrap at column {self._column}, {self._word_cells} cells held back>"


def paint(text: str, style: str) -> str:
    """Return `text` in a style, which ends with it: nothing is left switched on."""
    return f"\x1b[{SGR[style]}m{text}\x1b[0m" if text else ""


def _may_break(before: str, after: str) -> bool:
    """Tell whether a line may end between two characters that are no spaces."""
    if before.isascii() and after.isascii():
        return False
    if after in NOT_FIRST or before in NOT_LAST or not cells_of(after):
        return False
    return _is_ideograph(before) or _is_ideograph(after)


def _is_ideograph(letter: str) -> bool:
    """Tell whether it is a wide character of Chinese or Japanese; Korean has spaces."""
    return letter >= "\u2e80" and is_wide(letter) and not "\uac00" <= letter <= "\ud7a3"


def _cells(text: str) -> int:
    return _after(0, text)


def _after(column: int, text: str) -> int:
    """Return the column after `text`, which begins at `column`."""
    for letter in text:
        column += TAB - column % TAB if letter == "\t" else cells_of(letter)
    return column
