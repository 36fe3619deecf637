"""Fetches one part of the view at a time, over a connection of its own."""

import time
from collections.abc import Callable

from aircher_cli.picker.live import answers
from aircher_cli.picker.live.updates import LIST
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.values import Map, as_map
from aircher_client import Client, DaemonError
from aircher_wire import codes, methods

CALL_SECONDS = 10.0
"""For one call; a keyring that hangs takes three."""

_LATER: dict[str, Map] = {
    methods.MODELS_LIST: {"wait": False},
    # The daemon starts a program to find the state of the keyring, which the picker does not show.
    methods.STATUS: {"keyring": False},
}
"""Method -> parameters that make it quick, and that older daemons do not know."""

Change = Callable[[DaemonView], DaemonView]


class Fetcher:
    """`client` is connected to the daemon that the subscription with this `number` is from."""

    def __init__(self, client: Client, number: int) -> None:
        self.client = client
        self.number = number
        self._refusing: set[str] = set()  # methods of an older daemon, which refuse `_LATER`

    def fetch(self, kind: str, now: float) -> Change:
        """Fetch a kind of `schedule.INTERVALS`, or the list of one provider; return the change.

        `now` is a Unix time.

        Raises:
            ClientError: it cannot be fetched.
        """
        if kind.startswith(LIST):
            return self._fetch_models(kind.removeprefix(LIST))
        if kind == "models":
            return self._fetch_models(None)
        if kind == "spend":
            return self._fetch_spend(now)
        method, change = _SIMPLE[kind]
        result = self._call(method, {})
        return lambda view: change(view, result)

    def _fetch_models(self, provider: str | None) -> Change:
        params: Map = {"all": True} if provider is None else {"provider": provider}
        result = self._call(methods.MODELS_LIST, params)
        return lambda view: answers.with_models(view, result, provider)

    def _fetch_spend(self, now: float) -> Change:
        day = time.localtime(now)
        today, month = (
            self._report((day.tm_year, day.tm_mon, first)) for first in (day.tm_mday, 1)
        )
        return lambda view: answers.with_spend(view, today, month)

    def _report(self, date: tuple[int, int, int]) -> Map:
        since = time.mktime((*date, 0, 0, 0, 0, 0, -1))
        return self._call(methods.USAGE_REPORT, {"since": since, "by": ["provider"]})

    def _call(self, method: str, params: Map) -> Map:
        if method in _LATER and method not in self._refusing:
            try:
                return self._call_plainly(method, {**params, **_LATER[method]})
            except DaemonError as error:
                if error.code != codes.BAD_REQUEST:
                    raise
            self._refusing.add(method)
        return self._call_plainly(method, params)

    def _call_plainly(self, method: str, params: Map) -> Map:
        return as_map(self.client.call(method, params, timeout=CALL_SECONDS))

    def __repr__(self) -> str:
        return f"<Fetcher {self.number}, {self.client!r}>"


_SIMPLE: dict[str, tuple[str, Callable[[DaemonView, Map], DaemonView]]] = {
    "auth": (methods.AUTH_STATUS, answers.with_keys),
    "rates": (methods.AUTH_STATUS, answers.with_keys),
    "status": (methods.STATUS, answers.with_status),
    "limits": (methods.LIMITS_STATUS, answers.with_limits),
}
