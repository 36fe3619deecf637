"""Replace, insert and remove lines of a text; line ends stay those of the text.

Lines are separated by newlines only: other characters that Python counts as line ends may be part
of a comment.
"""

from aircherd.config.toml.locate import Statement


def replace_statement(text: str, statement: Statement, new: list[str]) -> str:
    """Return `text` with other lines in place of a statement."""
    lines = text.split("\n")
    first = statement.first - 1
    lines[first : first + len(statement.lines)] = _with_ends(text, new)
    return _joined(lines)


def insert_after(text: str, statement: Statement, new: list[str]) -> str:
    """Return `text` with lines after a statement."""
    lines = text.split("\n")
    at = statement.first - 1 + len(statement.lines)
    if at == len(lines):  # the file does not end with a newline
        lines[-1] += _end(text)
        return _joined([*lines, *_with_ends(text, new)])
    lines[at:at] = _with_ends(text, new)
    return "\n".join(lines)


def append(text: str, new: list[str]) -> str:
    """Return `text` with lines at its end, after a blank line."""
    end = f"{_end(text)}\n"
    if text and not text.endswith("\n"):
        text += end
    gap = end if text.strip() and not text.endswith(("\n\n", "\n\r\n")) else ""
    return text + gap + "".join(line + end for line in new)


def insert_at_top(text: str, new: list[str]) -> str:
    """Return `text` with lines at the top, below a heading comment that a blank line follows.

    A comment directly above a section belongs to that section and stays there. A line for editors,
    such as `#:schema`, stays the first one.
    """
    end = f"{_end(text)}\n"
    added = "".join(line + end for line in new)
    lines = text.split("\n")
    heading = _leading(lines, "#")
    if not "".join(lines[heading:]).strip() and heading >= len(lines) - 1:
        return f"{text}{'' if text.endswith(chr(10)) or not text else end}{added}"
    has_own_heading = heading and not lines[heading].strip()
    at = heading + 1 if has_own_heading else _leading(lines, "#:")
    before, after = "".join(f"{old}\n" for old in lines[:at]), "\n".join(lines[at:])
    return f"{before}{added}{end if after.strip() else ''}{after}"


def delete_lines(text: str, first: int, count: int) -> str:
    """Return `text` without `count` lines from line `first`.

    Of blank lines before and after them only those before stay, and none at the end of the text.
    """
    lines = text.split("\n")
    begin, end = first - 1, first - 1 + count
    is_blank_before = begin == 0 or not lines[begin - 1].strip()
    while is_blank_before and end < len(lines) - 1 and not lines[end].strip():
        end += 1
    is_last = end >= len(lines) - 1
    while is_last and begin > 0 and not lines[begin - 1].strip():
        begin -= 1
    del lines[begin:end]
    return _joined(lines)


def _joined(lines: list[str]) -> str:
    """Return a text; its last line, if no newline ends it, has no other end either."""
    return "\n".join(lines).removesuffix("\r")


def _leading(lines: list[str], start: str) -> int:
    """Return how many lines at the top begin with `start`."""
    return next((n for n, line in enumerate(lines) if not line.startswith(start)), len(lines))


def _end(text: str) -> str:
    """Return what stands before the newline of each line."""
    return "\r" if "\r\n" in text else ""


def _with_ends(text: str, lines: list[str]) -> list[str]:
    return [line.removesuffix("\r") + _end(text) for line in lines]
