"""Several collections as one, such as the clients of all doors."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from typing import TypeVar

T_co = TypeVar("T_co", covariant=True)


class Joined(Collection[T_co]):
    """What is in any of several collections; `parts` returns them as they are now."""

    def __init__(self, parts: Callable[[], Sequence[Collection[T_co]]]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts()))

    def __iter__(self) -> Iterator[T_co]:
        return chain.from_iterable(self._parts())

    def __contains__(self, item: object) -> bool:
        return any(item in part for part in self._parts())

    def __repr__(self) -> str:
        return f"<Joined {len(self)} items>"
