"""The routes of a chain whose providers have a key, checked lazily."""

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from aircherd.config.model import Route


class SignedInRoutes(Sequence[Route]):
    """The routes for which `has_key` is true; all of them if there is none.

    Each key is checked only when its route is reached: most requests use the first one, and
    checking the keys of all providers takes longer than the rest of a plan. `all_routes` are the
    routes before the check.
    """

    def __init__(self, routes: Sequence[Route], has_key: Callable[[Route], bool]) -> None:
        self.all_routes = routes
        self._has_key = has_key
        self._unchecked: Iterator[Route] | None = iter(routes)
        self._found: list[Route] = []

    @overload
    def __getitem__(self, index: int) -> Route: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Route]: ...
    def __getitem__(self, index: int | slice) -> Route | Sequence[Route]:
        if isinstance(index, int) and index >= 0:
            self._find(index + 1)
        else:
            self._find(len(self.all_routes))
        return self._found[index]

    def __iter__(self) -> Iterator[Route]:
        number = 0
        while self._find(number + 1):
            yield self._found[number]
            number += 1

    def __len__(self) -> int:
        self._find(len(self.all_routes))
        return len(self._found)

    def __bool__(self) -> bool:
        return bool(self.all_routes)

    def _find(self, count: int) -> bool:
        """Check routes until `count` are found; return whether there are as many."""
        while len(self._found) < count and self._unchecked is not None:
            route = next(self._unchecked, None)
            if route is None:
                self._unchecked = None
                self._found = self._found or list(self.all_routes)
            elif self._has_key(route):
                self._found.append(route)
        return len(self._found) >= count

    def __repr__(self) -> str:
        return f"<SignedInRoutes {len(self._found)} found of {len(self.all_routes)}>"
