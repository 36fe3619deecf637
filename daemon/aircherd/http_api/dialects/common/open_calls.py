"""The calls of a conversation that have no answer yet: pure, and each step takes the same time."""

from collections import OrderedDict


class OpenCalls:
    """Calls by id and by name, in order."""

    __slots__ = ("_by_name", "_names", "_numbers")

    def __init__(self) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()  # id -> name
        self._by_name: dict[str, OrderedDict[str, None]] = {}
        self._numbers = 0

    def add(self, call_id: str | None, name: str) -> str:
        """Add a call; return its id, which is made up if it has none."""
        if not call_id:
            self._numbers += 1
            call_id = f"call_{self._numbers}"
        if call_id in self._names:
            self._remove(call_id)
        self._names[call_id] = name
        self._by_name.setdefault(name, OrderedDict())[call_id] = None
        return call_id

    def answer(
        self, call_id: str | None, name: str | None, *, any_name: bool = False
    ) -> str | None:
        """Return the id of the call that an answer belongs to, None if there is none.

        It is the one with its id, else the first of its name, else with `any_name` the first.
        """
        found = call_id if call_id and call_id in self._names else None
        if found is None and name and (named := self._by_name.get(name)):
            found = next(iter(named))
        if found is None and any_name and self._names:
            found = next(iter(self._names))
        if found is not None:
            self._remove(found)
        return found

    def _remove(self, call_id: str) -> None:
        name = self._names.pop(call_id)
        del self._by_name[name][call_id]

    def __repr__(self) -> str:
        return f"<OpenCalls {len(self._names)}>"
