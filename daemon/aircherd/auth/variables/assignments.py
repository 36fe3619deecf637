r"""Pure: parse `NAME=value` lines as systemd's `EnvironmentFile=` does.

    # a comment, also with ;
    OPENAI_API_KEY=sk-...             white space around name and value is dropped
    WORK_KEY="a value"                \" \\ \` \$ are escapes, other backslashes are kept
    TEAM_KEY='a $value'               taken literally
    LONG=one\                          a backslash outside of quotes escapes the next character,
    two                               at the end of a line it joins the two lines

`export NAME=value` is not allowed there: systemd ignores such a line, so it is ignored here, too,
and reported.
"""

from aircherd.auth.variables.environment_file import Assignments, LineProblem
from aircherd.vocabulary.secret import Secret

_WHITE = " \t\r"
_ESCAPED_IN_QUOTES = '"\\`$'


def parse_assignments(text: str) -> Assignments:
    """Parse the content of an environment file. Never fails."""
    reader, variables, problems = _Reader(text), dict[str, Secret](), list[LineProblem]()
    while (found := reader.next_assignment()) is not None:
        line, name, value = found
        if value is None:
            problems.append(LineProblem(line, "is not NAME=value"))
        elif not (name.isascii() and name.isidentifier()):
            problems.append(LineProblem(line, _name_problem(name)))
        elif "\0" in value:
            problems.append(LineProblem(line, "contains a NUL character"))
        else:
            variables[name] = Secret(value)
    return Assignments(variables, tuple(problems))


def _name_problem(name: str) -> str:
    if name.split()[:1] == ["export"]:
        return "must not begin with `export`: write NAME=value"
    return "has no valid name before the `=`: write NAME=value"


class _Reader:
    """Reads one assignment after the other. `_at` is the position of the next character."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def next_assignment(self) -> tuple[int, str, str | None] | None:
        """Return line, name and value; the value is None without a `=`; None at the end."""
        while (character := self._peek()) is not None:
            if character in _WHITE or character == "\n":
                self._take()
            elif character in "#;":
                self._rest_of_line()
            else:
                return self._assignment()
        return None

    def _assignment(self) -> tuple[int, str, str | None]:
        line, name = self._line, ""
        while (character := self._peek()) is not None and character not in "=\n":
            name += self._take()
        if character != "=":
            return line, name, None
        self._take()
        return line, name.rstrip(_WHITE), self._value()

    def _value(self) -> str:
        """Read a value: quoted parts first, then the rest of the line."""
        value = ""
        while (character := self._peek()) is not None:
            if character in _WHITE:
                self._take()
            elif character == "'":
                value += self._single_quoted()
            elif character == '"':
                value += self._double_quoted()
            else:
                break
        return value + self._unquoted()

    def _single_quoted(self) -> str:
        self._take()
        value = ""
        while (character := self._peek()) is not None:
            self._take()
            if character == "'":
                break
            value += character
        return value

    def _double_quoted(self) -> str:
        self._take()
        value = ""
        while (character := self._peek()) is not None:
            self._take()
            if character == '"':
                break
            value += self._escape_in_quotes() if character == "\\" else character
        return value

    def _escape_in_quotes(self) -> str:
        if (character := self._peek()) is None:
            return ""
        self._take()
        if character == "\n":
            return ""
        return character if character in _ESCAPED_IN_QUOTES else f"\\{character}"

    def _unquoted(self) -> str:
        """Read to the end of the line; white space at its end is dropped unless it is escaped."""
        value, kept = "", 0
        while (character := self._peek()) is not None and character != "\n":
            self._take()
            if character != "\\":
                value += character
                kept = kept if character in _WHITE else len(value)
            elif (escaped := self._peek()) is not None:
                self._take()
                value += "" if escaped == "\n" else escaped
                kept = len(value)
        return value[:kept]

    def _rest_of_line(self) -> None:
        while (character := self._peek()) is not None and character != "\n":
            self._take()

    def _peek(self) -> str | None:
        return self._text[self._at] if self._at < len(self._text) else None

    def _take(self) -> str:
        character = self._text[self._at]
        self._at += 1
        self._line += character == "\n"
        return character
