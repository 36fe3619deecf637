"""What is wrong with a file and where, gathered so that the user sees all of it at once."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

import msgspec

from aircherd.config.secret_detection import shown
from aircherd.config.toml.locate import KeyPath, Lines
from aircherd.errors import ConfigInvalid
from aircherd.vocabulary.suggestions import nearest

T = TypeVar("T")

WHOLE_FILE = 0
"""The line of a problem that is not in a line: the file cannot be read."""

MAX_PROBLEMS = 100
"""More are only counted: nobody reads them, and looking for lines and likely names takes time."""

_MAX_SHOWN = 20
_MAX_COMPARED = 200

Hint = str | Callable[[], str | None] | None
"""What to do, or what finds it out: that is only asked if the problem is shown."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to mend. `path` is like `providers.work.env[0]`, empty for the file as such."""

    file: str
    line: int
    path: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line != WHOLE_FILE else self.file
        what = f"{self.path}: {self.message}" if self.path else self.message
        return f"{where}: {what}" + (f" ({self.hint})" if self.hint else "")


class BadValue(Exception):
    """A value does not hold. Neither `message` nor `hint` repeats it."""

    def __init__(self, message: str, hint: Hint = None) -> None:
        super().__init__(message)
        self.message = message
        self._hint = hint

    @property
    def hint(self) -> str | None:
        """What to do about it."""
        return self._hint() if callable(self._hint) else self._hint


class ProblemCollector:
    """Gathers the problems of one text. The text is searched for lines only once one is found."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._text = text
        self._lines: Lines | None = None
        self._problems: list[Problem] = []
        self._more = 0  # problems beyond those

    def add(self, path: KeyPath, message: str, hint: str | None = None) -> None:
        """Note a problem with the entry at `path`."""
        self.add_bad(path, BadValue(message, hint))

    def add_bad(self, path: KeyPath, bad: BadValue) -> None:
        """Note what is wrong with the value at `path`."""
        if len(self._problems) == MAX_PROBLEMS:
            self._more += 1
            return
        if self._lines is None:
            self._lines = Lines(self._text)
        self._problems.append(
            Problem(
                file=self.file,
                line=self._lines.line_of(path),
                path=path_text(path),
                message=bad.message,
                hint=bad.hint,
            )
        )

    def read(self, path: KeyPath, value: object, reader: Callable[[object], T]) -> T | None:
        """Return what `reader` makes of `value`, or note its `BadValue` and return None."""
        try:
            return reader(value)
        except BadValue as bad:
            self.add_bad(path, bad)
            return None

    def read_all(
        self, path: KeyPath, values: list[object], reader: Callable[[object], T]
    ) -> tuple[T, ...]:
        """Read each item of a list by itself, so that each problem has its own line."""
        read = [self.read((*path, index), value, reader) for index, value in enumerate(values)]
        return tuple(item for item in read if item is not None)

    def raise_if_any(self) -> None:
        """Raise `ConfigInvalid` with all problems in the order of their lines, if there are any."""
        if self._problems:
            problems = sorted(self._problems, key=lambda problem: problem.line)
            raise invalid(self.file, problems, self._more)

    def __repr__(self) -> str:
        return f"<Report on {self.file}: {len(self._problems) + self._more} problems>"


def invalid(file: str, problems: list[Problem], more: int = 0) -> ConfigInvalid:
    """Return the error that carries `problems`; its message is the first of them.

    Its `data` has `file` and `problems`, a list of maps; where there were `more` than these, the
    last one says how many. Raise it outside any `except` block: an error that went before may hold
    a piece of the file.
    """
    count = len(problems) + more
    rest = {1: "", 2: "; and one more problem"}.get(count, f"; and {count - 1} more problems")
    first = problems[0]
    if more:
        note = Problem(file=file, line=WHOLE_FILE, path="", message=f"and {more} more problems")
        problems = [*problems, note]
    return ConfigInvalid(
        f"{first}{rest}",
        problems=[msgspec.to_builtins(problem) for problem in problems],
        file=file,
    )


def path_text(path: KeyPath) -> str:
    """Return a path as people write it, without anything in it that may be a key."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shown(part)}"
    return text.removeprefix(".")


def did_you_mean(word: object, known: Iterable[str]) -> str | None:
    """Return a hint that names the known word nearest to `word`, or all of them if none is near.

    The hint never holds `word` itself. Of very many known words only the first ones are compared.
    """
    names = list(known)
    near = nearest(word, islice(names, _MAX_COMPARED)) if isinstance(word, str) else None
    if near is not None:
        return f'did you mean "{near}"?'
    return f"known here: {listed(names)}" if names else None


def listed(names: list[str]) -> str:
    """Return the names as a sentence has them; of very many the first ones and a number."""
    more = len(names) - _MAX_SHOWN
    shown_names = ", ".join(names[:_MAX_SHOWN])
    return f"{shown_names} and {more} more" if more > 0 else shown_names
