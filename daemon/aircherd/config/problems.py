"""What is wrong with a file and where, gathered so that the user sees all of it at once."""

import difflib
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from aircherd.config.locate import Lines, Path
from aircherd.config.no_keys import shown
from aircherd.errors import ConfigInvalid

T = TypeVar("T")

WHOLE_FILE = 0
"""The line of a problem that is not in a line: the file cannot be read."""


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

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Report:
    """Gathers the problems of one text. The text is searched for lines only once one is found."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._text = text
        self._lines: Lines | None = None
        self._problems: list[Problem] = []

    def add(self, path: Path, message: str, hint: str | None = None) -> None:
        """Note a problem with the entry at `path`."""
        if self._lines is None:
            self._lines = Lines(self._text)
        self._problems.append(
            Problem(
                file=self.file,
                line=self._lines.line_of(path),
                path=path_text(path),
                message=message,
                hint=hint,
            )
        )

    def read(self, path: Path, value: object, reader: Callable[[object], T]) -> T | None:
        """Return what `reader` makes of `value`, or note its `BadValue` and return None."""
        try:
            return reader(value)
        except BadValue as bad:
            self.add(path, bad.message, bad.hint)
            return None

    def read_all(
        self, path: Path, values: list[object], reader: Callable[[object], T]
    ) -> tuple[T, ...]:
        """Read each item of a list by itself, so that each problem has its own line."""
        read = [self.read((*path, index), value, reader) for index, value in enumerate(values)]
        return tuple(item for item in read if item is not None)

    def raise_if_any(self) -> None:
        """Raise `ConfigInvalid` with all problems in the order of their lines, if there are any."""
        if self._problems:
            raise invalid(self.file, sorted(self._problems, key=lambda problem: problem.line))

    def __repr__(self) -> str:
        return f"<Report on {self.file}: {len(self._problems)} problems>"


def invalid(file: str, problems: list[Problem]) -> ConfigInvalid:
    """Return the error that carries `problems`; its message is the first of them.

    Its `data` has `file` and `problems`, a list of maps. Raise it outside any `except` block: an
    error that went before may hold a piece of the file.
    """
    more = {1: "", 2: "; and one more problem"}.get(
        len(problems), f"; and {len(problems) - 1} more problems"
    )
    return ConfigInvalid(
        f"{problems[0]}{more}",
        problems=[msgspec.to_builtins(problem) for problem in problems],
        file=file,
    )


def path_text(path: Path) -> str:
    """Return a path as people write it, without anything in it that may be a key."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shown(part)}"
    return text.removeprefix(".")


def did_you_mean(word: object, known: Iterable[str]) -> str | None:
    """Return a hint that names the known word nearest to `word`, or all of them if none is near.

    The hint never holds `word` itself.
    """
    names = list(known)
    near = difflib.get_close_matches(word.lower(), names, n=1) if isinstance(word, str) else []
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known here: {', '.join(names)}" if names else None
