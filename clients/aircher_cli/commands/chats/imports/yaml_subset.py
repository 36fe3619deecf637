r"""Reads the part of YAML that aichat writes, and nothing else.

Mappings and lists in block style, scalars that are plain, in single or double quotes, or in a
literal block (`|`, `|-`, `|+`, with an indentation indicator), and empty `[]` and `{}`. Anchors,
tags, flow style, folded blocks and further documents are refused: to guess is worse than to stop.
"""

import re

Value = object

MAX_DEPTH = 20

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
    "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEX = {"x": 2, "u": 4, "U": 8}
_KEY = re.compile(r"""([A-Za-z0-9_./ -]+?|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'):(?: +|$)(.*)""")
_BLOCK = re.compile(r"\|([1-9]?)([+-]?)([1-9]?)")
_EMPTY: dict[str, Value] = {"[]": [], "{}": {}}
_INDICATORS = "[]{}&*!|>%@`,?"


class NotUnderstood(Exception):
    """The text is no YAML of this kind; the message has the number of the line."""


def parse_yaml(text: str) -> Value:
    """Return mappings as dicts, lists, and all scalars as strings; None for an empty document.

    Raises:
        NotUnderstood: it has something else in it.
    """
    return _Reader(text).document()


class _Reader:
    """The lines of a document; `at` is the next one."""

    def __init__(self, text: str) -> None:
        self._lines = text.removeprefix("\ufeff").split("\n")
        self._at = 0
        if self._lines[:1] == ["---"]:
            self._at = 1

    def document(self) -> Value:
        if self._peek() is None:
            return None
        found = self._block(self._indent(), 0)
        if self._peek() is not None:
            raise self._problem("is not indented as the lines before")
        return found

    # ---------------------------------------------------------- lines

    def _peek(self) -> str | None:
        """Return the next line that is not blank and no comment, None at the end."""
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip("\r")
            if line.strip() and not line.lstrip(" ").startswith("#"):
                return line
            self._at += 1
        return None

    def _indent(self) -> int:
        line = self._peek()
        return -1 if line is None else len(line) - len(line.lstrip(" "))

    def _problem(self, what: str) -> NotUnderstood:
        return NotUnderstood(f"line {self._at + 1} {what}")

    # ---------------------------------------------------------- blocks

    def _block(self, indent: int, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise self._problem("is nested too deeply")
        line = self._peek()
        assert line is not None
        if _is_entry(line[indent:]):
            return self._list(indent, depth)
        return self._mapping(indent, depth)

    def _list(self, indent: int, depth: int) -> list[Value]:
        found: list[Value] = []
        while self._indent() == indent and _is_entry((self._peek() or "")[indent:]):
            line = self._peek()
            assert line is not None
            rest = line[indent + 1 :].lstrip(" ")
            inner = len(line.rstrip("\r")) - len(rest)
            if not rest:
                self._at += 1
                found.append(self._nested(indent, depth))
            elif _KEY.fullmatch(rest):
                # The entry is a mapping that begins on the line of its dash.
                self._lines[self._at] = " " * inner + rest
                found.append(self._mapping(inner, depth + 1))
            else:
                self._at += 1
                found.append(self._scalar(rest, indent))
        return found

    def _mapping(self, indent: int, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while self._indent() == indent:
            line = self._peek()
            assert line is not None
            if _is_entry(line[indent:]):
                break
            match = _KEY.fullmatch(line[indent:])
            if match is None:
                raise self._problem("has no key")
            key = self._plain_key(match[1])
            if key in found:
                raise self._problem("has a key for the second time")
            self._at += 1
            rest = match[2].strip(" ")
            found[key] = self._scalar(rest, indent) if rest else self._value(indent, depth)
        return found

    def _value(self, indent: int, depth: int) -> Value:
        """Return what is below a key; a list may have the indentation of the key."""
        line = self._peek()
        if line is not None and self._indent() == indent and _is_entry(line[indent:]):
            return self._list(indent, depth + 1)
        return self._nested(indent, depth)

    def _nested(self, indent: int, depth: int) -> Value:
        inner = self._indent()
        return self._block(inner, depth + 1) if inner > indent else None

    # ---------------------------------------------------------- scalars

    def _plain_key(self, text: str) -> str:
        found = self._scalar(text, 0) if text[0] in "\"'" else text
        return str(found)

    def _scalar(self, text: str, indent: int) -> Value:
        if text in _EMPTY:
            return list(found) if isinstance(found := _EMPTY[text], list) else {}
        if match := _BLOCK.fullmatch(text):
            return self._literal(indent, match[1] or match[3], match[2])
        if text.startswith('"'):
            return self._double(text)
        if text.startswith("'"):
            if not re.fullmatch(r"'(?:[^']|'')*'", text):
                raise self._problem_before("has a quote without an end")
            return text[1:-1].replace("''", "'")
        if (
            text[0] in _INDICATORS
            or _is_entry(text)
            or " #" in text
            or ": " in text
            or text.endswith(":")
        ):
            raise self._problem_before("is YAML that is not understood here")
        if self._indent() > indent:
            raise self._problem("goes on with the value of the line before")
        return None if text in {"null", "~"} else text

    def _problem_before(self, what: str) -> NotUnderstood:
        return NotUnderstood(f"line {self._at} {what}")

    def _literal(self, parent: int, given: str, chomp: str) -> str:
        """Return a literal block; its lines are indented more than `parent`."""
        start = self._at
        first = next((line for line in self._lines[start:] if line.strip(" ")), "")
        indent = max(parent, 0) + int(given) if given else len(first) - len(first.lstrip(" "))
        lines: list[str] = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            is_blank = not line.strip(" ")
            if not is_blank and (len(line) - len(line.lstrip(" ")) < indent or indent <= parent):
                break
            lines.append(line[indent:])
            self._at += 1
        if self._at == len(self._lines) and lines:
            lines.pop()  # the end of the file is no line
        body = "\n".join(lines)
        if chomp == "+":
            return f"{body}\n" if lines else ""
        body = body.rstrip("\n")
        return f"{body}\n" if body and not chomp else body

    def _double(self, text: str) -> str:
        if not re.fullmatch(r'"(?:[^"\\]|\\.)*"', text):
            raise self._problem_before("has a quote without an end")
        pieces, at, body = [], 0, text[1:-1]
        while at < len(body):
            if body[at] != "\\":
                pieces.append(body[at])
                at += 1
                continue
            mark = body[at + 1]
            digits = body[at + 2 : at + 2 + _HEX.get(mark, 0)]
            if mark in _ESCAPES:
                pieces.append(_ESCAPES[mark])
            elif mark in _HEX and re.fullmatch(f"[0-9A-Fa-f]{{{_HEX[mark]}}}", digits):
                pieces.append(self._character(int(digits, 16)))
            else:
                raise self._problem_before("has an unknown escape")
            at += 2 + len(digits)
        return "".join(pieces)

    def _character(self, number: int) -> str:
        if number > 0x10FFFF:
            raise self._problem_before("has an unknown escape")
        return chr(number)


def _is_entry(text: str) -> bool:
    return text.startswith("- ") or text == "-"
