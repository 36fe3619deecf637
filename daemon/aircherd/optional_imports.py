"""Imports httpx and structlog without what they import and the daemon does not use.

Both try `rich`, and httpx `click`, for a command line and for tracebacks with local variables,
which may contain secrets. Textual brings `rich`, so that every installation has it: 90 modules and
3 MB of an idle daemon. structlog imports asyncio for log methods that are awaited, which the daemon
never calls: 35 modules and 1.6 MB. `aircherd.__main__` imports this module first.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

UNUSED = ("click", "rich")
LATER = "asyncio"
USERS = ("httpx", "structlog")


@contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    """Let imports of packages fail that are not imported yet; afterwards they succeed again."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        # The documented way to make an import fail: Python's reference, "The module cache".
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


class ImportedLater(ModuleType):
    """Stands in for a module in libraries whose functions that use it are never called."""

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self.__name__), name)


@contextmanager
def _imported_later(name: str) -> Iterator[None]:
    """Let imports of a module get a stand-in, unless it is imported already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = ImportedLater(name)
    try:
        yield
    finally:
        del sys.modules[name]


with _hidden(UNUSED), _imported_later(LATER):
    for _name in USERS:
        import_module(_name)
