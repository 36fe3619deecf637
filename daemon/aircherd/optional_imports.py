"""Imports httpx and structlog without what they import only because it is installed.

Both try `rich`, and httpx `click`, for a command line and for tracebacks with local variables,
which may contain secrets. Textual brings `rich`, so that every installation has it: 90 modules and
3 MB of an idle daemon. `aircherd.__main__` imports this module first.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

UNUSED = ("click", "rich")
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


with _hidden(UNUSED):
    for _name in USERS:
        import_module(_name)
