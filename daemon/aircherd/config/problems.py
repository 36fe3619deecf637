"""Problems of a configuration file, collected so that the user sees all of them at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import msgspec

from aircherd.config.secret_detection import could_be_key, safe_name
from aircherd.config.section import Section
from aircherd.config.toml.locate import KeyPath, LineIndex
from aircherd.errors import ConfigInvalid
from aircherd.vocabulary.suggestions import nearest

T = TypeVar("T")

WHOLE_FILE = 0
"""The line of a problem with the file as a whole: it cannot be read."""

MAX_PROBLEMS = 100
"""Further problems are only counted: finding their lines and hints takes time."""

_MAX_LISTED = 20
_MAX_COMPARED = 200

Hint = str | Callable[[], str | None] | None
"""What to do; a callable is evaluated only if the problem is shown."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One problem. `path` is like `providers.work.env[0]`, empty for the file as a whole.

    `file` is empty for an entry that was not written to the file.
    """

    file: str
    line: int
    path: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line != WHOLE_FILE else self.file
        what = f"{self.path}: {self.message}" if self.path else self.message
        start = f"{where}: " if where else ""
        return f"{start}{what}" + (f" ({self.hint})" if self.hint else "")


class BadValue(Exception):
    """A value is invalid. Neither `message` nor `hint` repeats it."""

    def __init__(self, message: str, hint: Hint = None) -> None:
        super().__init__(message)
        self.message = message
        self._hint = hint

    @property
    def hint(self) -> str | None:
        """What to do about it."""
        return self._hint() if callable(self._hint) else self._hint


ExplainUnknown = Callable[[Section, str, object, str | None], BadValue]
"""Returns the problem of an unknown name: section, name, value, and the provider it belongs to."""


def _suggest_only(section: Section, name: str, _value: object, _provider: str | None) -> BadValue:
    return BadValue(f"is unknown in {section.title}", lambda: did_you_mean(name, section.names))


class ProblemCollector:
    """Collects the problems of one text; the lines are looked up only if there is a problem.

    `explain_unknown` makes the problem of a name that its section does not have.
    """

    def __init__(
        self, file: str, text: str, explain_unknown: ExplainUnknown = _suggest_only
    ) -> None:
        self.file = file
        self._explain_unknown = explain_unknown
        self._text = text
        self._lines: LineIndex | None = None
        self._found: list[tuple[KeyPath, Problem]] = []
        self._uncollected = 0  # problems beyond MAX_PROBLEMS

    def add(self, path: KeyPath, message: str, hint: str | None = None) -> None:
        """Add a problem with the entry at `path`."""
        self.add_bad(path, BadValue(message, hint))

    def add_bad(self, path: KeyPath, bad: BadValue) -> None:
        """Add the problem `bad` with the value at `path`."""
        if len(self._found) == MAX_PROBLEMS:
            self._uncollected += 1
            return
        if self._lines is None:
            self._lines = LineIndex(self._text)
        problem = Problem(
            file=self.file,
            line=self._lines.line_of(path),
            path=path_text(path),
            message=bad.message,
            hint=bad.hint,
        )
        self._found.append((path, problem))

    def read(self, path: KeyPath, value: object, reader: Callable[[object], T]) -> T | None:
        """Return `reader(value)`, or add its `BadValue` and return None."""
        try:
            return reader(value)
        except BadValue as bad:
            self.add_bad(path, bad)
            return None

    def read_all(
        self, path: KeyPath, values: list[object], reader: Callable[[object], T]
    ) -> tuple[T, ...]:
        """Read each item of a list separately, so that each problem has its own line."""
        read = [self.read((*path, index), value, reader) for index, value in enumerate(values)]
        return tuple(item for item in read if item is not None)

    def known_entries(
        self,
        section: Section,
        path: KeyPath,
        table: dict[str, object],
        provider: str | None = None,
    ) -> Iterator[tuple[str, object]]:
        """Yield the entries of `table` that `section` may contain; add a problem for each other.

        `provider` is the provider that the table belongs to, for hints.
        """
        for name, value in table.items():
            if name in section.names:
                yield name, value
            else:
                self.add_bad((*path, name), self._explain_unknown(section, name, value, provider))

    @property
    def count(self) -> int:
        """The number of problems so far."""
        return len(self._found) + self._uncollected

    @property
    def found(self) -> list[tuple[KeyPath, Problem]] | None:
        """The problems, each with the path of its value; None if there are too many to list."""
        return None if self._uncollected else self._found

    def error(self) -> ConfigInvalid | None:
        """Return the error with all problems, sorted by line; None if there are none."""
        problems = sorted((problem for _, problem in self._found), key=lambda each: each.line)
        return config_error(self.file, problems, self._uncollected) if problems else None

    def __repr__(self) -> str:
        return f"<ProblemCollector {self.file}: {self.count} problems>"


def summary(problems: Sequence[Problem], uncollected: int = 0) -> str:
    """Return the first problem, and the number of the others."""
    count = len(problems) + uncollected
    rest = {1: "", 2: "; and one more problem"}.get(count, f"; and {count - 1} more problems")
    return f"{problems[0]}{rest}"


def config_error(file: str, problems: list[Problem], uncollected: int = 0) -> ConfigInvalid:
    """Return the error that carries `problems`; its message is the first of them.

    Its `data` has `file` and `problems`, a list of maps. If there were more problems
    (`uncollected`), a last entry gives their number. Raise it outside any `except` block: an
    earlier error may hold a piece of the file.
    """
    text = summary(problems, uncollected)
    if uncollected:
        message = f"and {uncollected} more problems"
        last = Problem(file=file, line=WHOLE_FILE, path="", message=message)
        problems = [*problems, last]
    return ConfigInvalid(
        text,
        problems=[msgspec.to_builtins(problem) for problem in problems],
        file=file,
    )


def path_text(path: KeyPath) -> str:
    """Return a path in the usual notation, with names that could be keys redacted."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{safe_name(part)}"
    return text.removeprefix(".")


def unknown_provider_value(name: str, known: Iterable[str]) -> BadValue:
    """Return the problem of an entry that names a provider that does not exist."""
    return BadValue(
        "names a provider that does not exist",
        lambda: did_you_mean(name, [each for each in known if not could_be_key(each)]),
    )


def did_you_mean(word: object, known: Iterable[str]) -> str | None:
    """Return a hint with the known name nearest to `word`, or with all names if none is near.

    The hint never repeats `word` itself. Only the first names are compared if there are very many.
    """
    names = list(known)
    near = nearest(word, islice(names, _MAX_COMPARED)) if isinstance(word, str) else None
    if near is not None:
        return f'did you mean "{near}"?'
    return f"known here: {join_names(names)}" if names else None


def join_names(names: list[str]) -> str:
    """Return the names as a comma-separated list; of very many only the first and a number."""
    more = len(names) - _MAX_LISTED
    listed = ", ".join(names[:_MAX_LISTED])
    return f"{listed} and {more} more" if more > 0 else listed
