"""What a line of Markdown is, decided from its start as soon as that is possible."""

import re

HEADING = re.compile(r"(#{1,6})[ \t]+")
UNDECIDED_HEADING = re.compile(r"#{1,6}[ \t]*$")
FENCE = re.compile(r"`{3,}(?=[^`]*$)|~{3,}")
RULE = re.compile(r"([-*_])(?:[ \t]*\1){2,}[ \t]*$")
UNDECIDED_RULE = re.compile(r"([-*_])(?:[ \t]*\1)*[ \t]*$")
ITEM = re.compile(r"([-*+]|\d{1,9}[.)])[ \t]+")
UNDECIDED_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)]?)[ \t]*$")
QUOTE = re.compile(r">[ \t]?")
QUOTES = re.compile(r"[ \t]*(?:>[ \t]*)*")

CODE_INDENT = 4
"""Spaces that make a line code, where no list goes on."""


class LineStart:
    """The start of a line, and how the line is shown.

    `source` is what was read; `shown` stands for it where styles mark what the line is. `hang`
    begins each line that goes on. `kind` is `text`, `item`, `heading`, `quote`, `row` (of a table),
    `fence`, `rule`, `code` or `blank`. `style` is that of the text.
    """

    # No NamedTuple: `ask` does not import `typing`, which takes 3 ms.
    __slots__ = ("hang", "kind", "shown", "source", "style")

    def __init__(self, kind: str, source: str, shown: str, hang: str = "", style: str = "") -> None:
        self.kind = kind
        self.source = source
        self.shown = shown
        self.hang = hang
        self.style = style

    def _fields(self) -> tuple[str, ...]:
        return (self.kind, self.source, self.shown, self.hang, self.style)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LineStart) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        return f"LineStart{self._fields()}"


def read_start(text: str, *, is_end: bool, may_be_code: bool = False) -> LineStart | None:
    """Return the start of a line; None if it is not decided yet.

    Args:
        text: The line, as far as it has come.
        is_end: Whether that is the whole line.
        may_be_code: Whether an indent makes it code.
    """
    rest = text.lstrip(" \t")
    indent = text[: len(text) - len(rest)]
    if not rest:
        return LineStart("blank", text, "") if is_end else None
    if may_be_code and len(indent.expandtabs(CODE_INDENT)) >= CODE_INDENT:
        return LineStart("code", "", "")
    if rest[0] == ">":
        return _quote(indent, rest, is_end=is_end)
    if not is_end and _is_undecided(rest):
        return None
    return _block(indent, rest)


def _is_undecided(rest: str) -> bool:
    """Tell whether what follows may change what the line is."""
    if rest[0] in "`~" and rest.startswith(rest[0] * min(3, len(rest))):
        return True  # a fence, unless more backquotes follow in its line
    patterns = (UNDECIDED_HEADING, UNDECIDED_RULE, UNDECIDED_ITEM)
    return any(pattern.match(rest) for pattern in patterns)


def _block(indent: str, rest: str) -> LineStart:
    if FENCE.match(rest):
        return LineStart("fence", "", "", style="faint")
    if RULE.match(rest):
        return LineStart("rule", indent, indent, style="faint")
    if heading := HEADING.match(rest):
        style = "title" if len(heading[1]) == 1 else "heading"
        return LineStart("heading", indent + heading[0], indent, indent, style)
    if item := ITEM.match(rest):
        mark = "-" if item[1] in "*+" else item[1]
        shown = indent + mark + item[0][len(item[1]) :]
        hang = indent + " " * len(item[0].expandtabs(CODE_INDENT))
        return LineStart("item", indent + item[0], shown, hang)
    if rest[0] == "|":
        return LineStart("row", indent, indent, f"{indent}  ")
    return LineStart("text", indent, indent, indent)


def _quote(indent: str, rest: str, *, is_end: bool) -> LineStart | None:
    mark = QUOTE.match(rest)
    assert mark is not None
    inner = read_start(rest[mark.end() :], is_end=is_end)
    if inner is None:
        return None
    if inner.kind == "fence":
        return inner
    source, bar = indent + mark[0], f"{indent}> "
    return LineStart(
        "quote", source + inner.source, bar + inner.shown, bar + inner.hang, inner.style
    )


def fence_of(line: str) -> str:
    """Return the run of characters that opens a block of code."""
    found = FENCE.match(line[_quotes_end(line) :])
    assert found is not None
    return found[0]


def may_end_fence(line: str, fence: str) -> bool:
    """Tell whether a line within code may end it, as far as the line has come."""
    rest = line[_quotes_end(line) :].rstrip(" \t")
    return not rest.strip(fence[0])


def ends_fence(line: str, fence: str) -> bool:
    """Tell whether a whole line ends the code that `fence` began."""
    rest = line[_quotes_end(line) :].rstrip(" \t")
    return len(rest) >= len(fence) and not rest.strip(fence[0])


def _quotes_end(line: str) -> int:
    found = QUOTES.match(line)
    assert found is not None
    return found.end()
