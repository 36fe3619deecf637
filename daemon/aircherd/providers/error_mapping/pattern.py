"""Regular expressions that are compiled when an error is met.

Those of all vendors' wordings take a tenth of a second and two megabytes, which a daemon should not
pay at its start, nor one that meets no error at all.
"""

import re
import threading
from collections.abc import Iterator

_pending: "list[Pattern]" = []
_lock = threading.Lock()


class Pattern:
    """A regular expression, compiled on its first use or by `compile_all`; `source` is its text."""

    __slots__ = ("_compiled", "_flags", "source")

    def __init__(self, source: str, flags: int = 0) -> None:
        self.source = source
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None
        _pending.append(self)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in `text`."""
        return self._get().search(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Return the match if it is all of `text`."""
        return self._get().fullmatch(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches in `text`."""
        return self._get().finditer(text)

    def compile(self) -> None:
        """Compile it now."""
        self._get()

    def _get(self) -> re.Pattern[str]:
        if self._compiled is None:
            self._compiled = re.compile(self.source, self._flags)
        return self._compiled

    def __repr__(self) -> str:
        return f"<Pattern {self.source[:40]!r}>"


def are_compiled() -> bool:
    """Return whether `compile_all` has run."""
    return not _pending


def compile_all() -> None:
    """Compile all that are not compiled yet; in several threads at once, one does it."""
    with _lock:
        for pattern in list(_pending):
            pattern.compile()
            _pending.remove(pattern)
