"""Follows a real daemon with the picker's feed, and keeps the views that arrive."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from aircher_cli.picker.live.actions import Actions
from aircher_cli.picker.live.feed import LiveFeed
from aircher_cli.picker.live.service_state import may_connect
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.listing.groups import build_groups
from aircher_cli.picker.view.listing.rows import all_rows
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.render.marks import Mark
from aircher_cli.values import Map
from aircher_client import Client
from helpers.daemon.real_daemon import PATIENCE, Home


class Views:
    """Takes views; `arrived` is the time of the latest, on the monotonic clock."""

    def __init__(self) -> None:
        self.latest = DaemonView()
        self.arrived = 0.0
        self._seen: list[DaemonView] = []
        self._changed = threading.Condition()

    def put(self, view: DaemonView) -> None:
        with self._changed:
            self.latest, self.arrived = view, time.monotonic()
            self._seen.append(view)
            self._changed.notify_all()

    def wait(self, is_so: Callable[[DaemonView], bool], what: str) -> DaemonView:
        """Return the first view for which `is_so` is true, of the latest and those to come."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                for view in (*self._seen, self.latest):
                    self._seen = self._seen[1:]
                    if is_so(view):
                        return view
                left = deadline - time.monotonic()
                assert left > 0, f"timed out waiting until {what}: {self!r}"
                self._changed.wait(left)

    def __repr__(self) -> str:
        view = self.latest
        return f"<Views {view.link} {view.link_problem!r}, {len(view.models)} models, {view.keys}>"

    def settle(self) -> None:
        """Wait until everything was fetched, and forget the views until now."""
        self.wait(lambda view: view.has_models and bool(view.providers), "all is fetched")


def connect_to(home: Home, environ: Mapping[str, str] | None = None) -> Callable[..., Client]:
    """Return what `Context.connect` is for a user of this home."""
    variables = {**home.environ, **(environ or {})}

    def connect(
        *, autostart: bool = True, on_notices: object = None, on_wait: object = None
    ) -> Client:
        return Client.connect(
            variables,
            autostart=autostart,
            on_notices=on_notices,  # type: ignore[arg-type]
            on_wait=on_wait,  # type: ignore[arg-type]
        )

    return connect


def actions_of(home: Home) -> Actions:
    """Return the actions of a user of this home."""
    return Actions(connect_to(home))


@contextmanager
def following(home: Home, environ: Mapping[str, str] | None = None) -> Iterator[Views]:
    """Follow the daemon of a home; its views have everything when the context is entered."""
    views = Views()
    with LiveFeed(
        connect_to(home, environ), views.put, may_connect=partial(may_connect, home.environ)
    ):
        views.settle()
        yield views


def key_of(view: DaemonView, provider: str) -> Map:
    """Return the row of the provider's first key, or of the provider without any."""
    return next((row for row in view.keys if row.get("provider") == provider), {})


def marks_of(view: DaemonView, provider: str) -> set[Mark]:
    """Return the states of the models of a provider, as the list shows them."""
    rows = all_rows(build_groups(view, Preferences(), time.time(), all_models=True))
    return {row.mark for row in rows if row.provider == provider and row.kind == "model"}
