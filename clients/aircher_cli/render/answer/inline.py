"""Markdown within a line: emphasis, code, links. A state machine that is fed pieces of the line.

Markup is removed only once its end has come, since `2 * 3` and `*.py` are no emphasis. What begins
like markup is held back until then, at most for `LIMIT` characters, and otherwise shown as it is.
"""

import re

LIMIT = 400
"""Characters within which markup has to end."""

SPECIAL = re.compile(r"[\\`*_~\[!<]")
ESCAPED = frozenset("*_`~#+-.!|<>{}\\")
"""What a backslash makes literal. Not brackets: `\\(` and `\\[` are formulas."""

DELIMITERS: dict[str, str] = {
    "***": "strong emphasis",
    "___": "strong emphasis",
    "**": "strong",
    "__": "strong",
    "~~": "deleted",
    "*": "emphasis",
    "_": "emphasis",
}

COMBINED: dict[tuple[str, str], str] = {
    ("strong", "emphasis"): "strong emphasis",
    ("emphasis", "strong"): "strong emphasis",
}
"""Style outside, style inside -> both; of other pairs the inner one is shown."""

AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]*)>")
AUTOLINK_STARTS = ("<http://", "<https://", "<mailto:")

Span = tuple[str, str]
"""A text and its style."""


class Inline:
    """Reads one line after the other; `style` is the one of the whole line."""

    def __init__(self, style: str = "") -> None:
        self._style = style
        self._held = ""
        self._before = ""

    def begin(self, style: str) -> None:
        """Begin a line in a style."""
        self._style, self._held, self._before = style, "", ""

    def feed(self, piece: str) -> list[Span]:
        """Return what is decided after another piece of the line."""
        return self._read(self._held + piece, is_end=False)

    def end(self) -> list[Span]:
        """Return what is held back: the line has ended."""
        return self._read(self._held, is_end=True)

    def _read(self, text: str, *, is_end: bool) -> list[Span]:
        spans, self._held = read_spans(text, self._style, before=self._before, is_end=is_end)
        taken = text[: len(text) - len(self._held)]
        self._before = taken[-1:] or self._before
        return spans

    def __repr__(self) -> str:
        return f"<Inline holds {len(self._held)} characters back>"


def read_spans(
    text: str, style: str, *, before: str = "", is_end: bool = True
) -> tuple[list[Span], str]:
    """Return the spans that are decided, and the rest of the text, which is not.

    Args:
        text: A part of a line.
        style: Its style.
        before: The character before it.
        is_end: Whether the line ends with it, so that there is no rest.
    """
    spans: list[Span] = []
    at = 0
    while at < len(text):
        found = SPECIAL.search(text, at)
        if found is None:
            spans.append((text[at:], style))
            return spans, ""
        start = found.start()
        if start > at:
            spans.append((text[at:start], style))
        taken = _markup(text, start, text[start - 1] if start else before, style, is_end=is_end)
        if taken is None:
            return spans, text[start:]
        new, at = taken
        spans += new
    return spans, ""


Taken = tuple[list[Span], int] | None
"""The spans of markup and where it ends; None if that is not known yet."""


def _markup(text: str, at: int, before: str, style: str, *, is_end: bool) -> Taken:
    """Read what begins at a special character; literal text if it is no markup."""
    letter = text[at]
    if letter == "\\":
        return _escape(text, at, style, is_end=is_end)
    if letter == "`":
        return _code(text, at, style, is_end=is_end)
    if letter in "[!":
        return _link(text, at, style, is_end=is_end)
    if letter == "<":
        return _autolink(text, at, style, is_end=is_end)
    return _emphasis(text, at, before, style, is_end=is_end)


def _literal(text: str, at: int, end: int, style: str) -> tuple[list[Span], int]:
    return [(text[at:end], style)], end


def _is_open(text: str, at: int, *, is_end: bool) -> bool:
    """Tell whether the end of markup that begins at `at` may still come."""
    return not is_end and len(text) - at <= LIMIT


def _escape(text: str, at: int, style: str, *, is_end: bool) -> Taken:
    if at + 1 == len(text):
        return _literal(text, at, at + 1, style) if is_end else None
    if text[at + 1] in ESCAPED:
        return [(text[at + 1], style)], at + 2
    # `\(` is a formula: its bracket begins no link.
    return _literal(text, at, at + 2, style)


def _run_end(text: str, at: int) -> int:
    """Return the end of the run of equal characters that begins at `at`."""
    end = at
    while end < len(text) and text[end] == text[at]:
        end += 1
    return end


def _code(text: str, at: int, style: str, *, is_end: bool) -> Taken:
    begin = _run_end(text, at)
    if begin == len(text):
        return _literal(text, at, begin, style) if is_end else None
    end = begin
    while (end := text.find("`", end, at + LIMIT)) >= 0:
        after = _run_end(text, end)
        if after == len(text) and not is_end:
            return None
        if after - end == begin - at:
            return [(_without_padding(text[begin:end]), "code")], after
        end = after
    return None if _is_open(text, at, is_end=is_end) else _literal(text, at, begin, style)


def _without_padding(code: str) -> str:
    """Return code without the spaces that set it off from a backquote in it."""
    is_padded = code.startswith(" ") and code.endswith(" ") and code.strip()
    return code[1:-1] if is_padded else code


def _link(text: str, at: int, style: str, *, is_end: bool) -> Taken:
    """Read `[text](url)` or `![text](url)`: the text, and the URL behind it."""
    begin = at + 1
    if text[at] == "!":
        if begin == len(text):
            return _literal(text, at, begin, style) if is_end else None
        if text[begin] != "[":
            return _literal(text, at, begin, style)
        begin += 1
    middle = _closing(text, begin, at + LIMIT, "[]")
    if middle is not None and middle + 1 < len(text) and text[middle + 1] != "(":
        return _literal(text, at, begin, style)
    end = None if middle is None else _closing(text, middle + 2, at + LIMIT, "()")
    if middle is None or end is None:
        is_open = _is_open(text, at, is_end=is_end)
        return None if is_open else _literal(text, at, begin, style)
    label, url = text[begin:middle], text[middle + 2 : end].split(" ", 1)[0].strip("<>")
    if label in ("", url) or not url:
        return [(url or label, "link")], end + 1
    return [*read_spans(label, "link")[0], (" (", style), (url, style), (")", style)], end + 1


def _closing(text: str, at: int, limit: int, pair: str) -> int | None:
    """Return where the bracket is closed that was opened before `at`."""
    depth = 1
    while at < min(len(text), limit):
        if text[at] == "\\":
            at += 1
        elif text[at] in pair:
            depth += 1 if text[at] == pair[0] else -1
            if depth == 0:
                return at
        at += 1
    return None


def _autolink(text: str, at: int, style: str, *, is_end: bool) -> Taken:
    if found := AUTOLINK.match(text, at, at + LIMIT):
        return [(found[1], "link")], found.end()
    rest = text[at : at + LIMIT]
    may_be_one = rest.startswith(AUTOLINK_STARTS) and not re.search(r"[\s<>]", rest[1:])
    may_be_one = may_be_one or any(start.startswith(rest) for start in AUTOLINK_STARTS)
    is_open = may_be_one and _is_open(text, at, is_end=is_end)
    return None if is_open else _literal(text, at, at + 1, style)


# ------------------------------------------------------------------ emphasis


def _emphasis(text: str, at: int, before: str, style: str, *, is_end: bool) -> Taken:
    begin = _run_end(text, at)
    if begin == len(text):
        return _literal(text, at, begin, style) if is_end else None
    delimiter = text[at:begin]
    if delimiter not in DELIMITERS or not _can_open(delimiter[0], before, text[begin]):
        return _literal(text, at, begin, style)
    end = _find_closer(text, begin, at + LIMIT, delimiter, is_end=is_end)
    if end is None:
        return None if _is_open(text, at, is_end=is_end) else _literal(text, at, begin, style)
    if end < 0:
        return None
    if delimiter == "__" and text[begin:end].isidentifier():
        return _literal(text, at, end + len(delimiter), style)  # a name, such as __init__
    own = DELIMITERS[delimiter]
    inner = COMBINED.get((style, own), own)
    spans, _ = read_spans(text[begin:end], inner, before=delimiter[0])
    return spans, end + len(delimiter)


def _can_open(letter: str, before: str, after: str) -> bool:
    """Tell whether a run of `letter` between two characters may begin emphasis."""
    if after.isspace() or _is_in_word(letter, before, after):
        return False
    return after.isalnum() or not _is_ascii_word(before)


def _can_close(letter: str, before: str, after: str) -> bool:
    """Tell whether a run of `letter` between two characters may end emphasis."""
    if before.isspace() or _is_in_word(letter, before, after):
        return False
    return before.isalnum() or not _is_ascii_word(after)


def _is_in_word(letter: str, before: str, after: str) -> bool:
    """Tell whether a run is within a word: a_name, or 2*3*4. Chinese has no spaces."""
    if letter == "_":
        return before.isalnum() and after.isalnum()
    return _is_ascii_word(before) and _is_ascii_word(after)


def _is_ascii_word(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def _find_closer(text: str, at: int, limit: int, delimiter: str, *, is_end: bool) -> int | None:
    """Return where emphasis ends; None if it does not, -1 if that is not known yet."""
    letter, size = delimiter[0], len(delimiter)
    open_runs: list[int] = []  # of the same character, within
    while at < min(len(text), limit):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == "`":
            code = _code(text, at, "", is_end=is_end)
            if code is None:
                return -1
            at = code[1]
            continue
        if text[at] != letter:
            at += 1
            continue
        after = _run_end(text, at)
        if after == len(text) and not is_end:
            return -1
        following = text[after : after + 1] or " "
        length = after - at
        if open_runs and open_runs[-1] == length and _can_close(letter, text[at - 1], following):
            open_runs.pop()
        elif _can_close(letter, text[at - 1], following) and length >= size and not open_runs:
            return after - size
        elif _can_open(letter, text[at - 1], following):
            open_runs.append(length)
        at = after
    return None
