"""Keeps the picker's view of the daemon current.

    subscription thread   connects, applies the snapshot and every event, connects again
    fetching thread       fetches what is stale, as `schedule` allows; its own connection
    delivering thread     hands the newest view to `on_view`; older ones are dropped

The subscription comes first, so no change between a response and an event is missed. An event may
overtake the response to a request that was sent before it: events that arrive during a request are
applied again to its response.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from functools import partial

from aircher_cli.picker.live import reconnect, service_state
from aircher_cli.picker.live.fetching import Fetcher
from aircher_cli.picker.live.reconnect import SLOW, SLOW_SECONDS, Absence
from aircher_cli.picker.live.schedule import Schedule
from aircher_cli.picker.live.updates import (
    ALL,
    apply_event,
    apply_snapshot,
    stale_after,
)
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.here import Here
from aircher_cli.values import Map, as_map, text
from aircher_client import Client, DaemonError
from aircher_client.errors import ClientError, DaemonUnreachable, NoAnswer
from aircher_wire import codes, methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

Connect = Callable[..., Client]
"""`Context.connect`: takes `autostart`, `on_notices` and `on_wait`."""
OnView = Callable[[DaemonView], object]

CLOSE_SECONDS = 2.0
"""How long `close` waits for each thread; one that starts a daemon may take longer to end."""
MAX_REPLAYED = 1000
"""Events that are applied again after a response; what they are about is fetched again anyway."""
VIEW_INTERVAL = 0.03
"""Seconds between two views: a screen is not drawn more often than people see."""
RETRY_SECONDS = 0.5
"""Until something is fetched again that could not be fetched."""
MAX_NOTICES = 20
NOWHERE = Here()


class LiveFeed:
    """A context manager; while it is open, `on_view` gets each new view from a thread of its own.

    `on_view` must not raise, and must not wait for the thread that closes the feed. If it is slow,
    it gets fewer views, always the newest. `connect` is only called from the feed's threads.
    `may_connect` tells, after the user stopped the daemon, that a connection would not start it.
    `here` is what requests from here use, without what the daemon adds.
    """

    def __init__(
        self,
        connect: Connect,
        on_view: OnView,
        *,
        may_connect: Callable[[], bool] | None = None,
        here: Here = NOWHERE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._on_view = on_view
        self._may_connect = may_connect or partial(service_state.may_connect, os.environ)
        self._clock = clock
        self._changed = threading.Condition()  # guards everything below
        self._here = here
        self._view = DaemonView(here=here)
        self._version = self._delivered = 0
        self._schedule = Schedule()
        self._replay: deque[Map] | None = None  # set while something is fetched
        self._absence: Absence | None = Absence(clock(), is_first=True)
        self._subscribing_since: float | None = None
        self._connection_number = 0
        self._day = time.localtime().tm_yday
        self._clients: set[Client] = set()
        self._is_closed = False
        self._threads = [
            threading.Thread(target=run, name=f"picker-{name}", daemon=True)
            for name, run in (
                ("subscription", self._run_subscription),
                ("fetching", self._run_fetching),
                ("delivering", self._run_delivering),
            )
        ]

    # -------------------------------------------------------------- for the picker

    @property
    def view(self) -> DaemonView:
        """The newest view."""
        with self._changed:
            return self._view

    def refetch(self) -> None:
        """Fetch everything again, as the schedule allows."""
        with self._changed:
            self._schedule.mark(ALL, self._clock())
            self._changed.notify_all()

    def retry_now(self) -> None:
        """Try to connect at once: the user has started a daemon."""
        with self._changed:
            if self._absence is not None:
                self._absence = replace(self._absence, tries=0)
            self._changed.notify_all()

    def close(self) -> None:
        """End the threads; also those that wait for the daemon. Idempotent."""
        with self._changed:
            self._is_closed = True
            clients = list(self._clients)
            self._changed.notify_all()
        for client in clients:
            client.abort()
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(CLOSE_SECONDS)

    def __enter__(self) -> "Self":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        view = self.view
        return f"<LiveFeed {view.link}, {len(view.models)} models, {len(view.keys)} keys>"

    # -------------------------------------------------------------- the view

    def _update(self, change: Callable[[DaemonView], DaemonView]) -> None:
        with self._changed:
            self._set(change(self._view))

    def _set(self, view: DaemonView) -> None:
        """Replace the view; needs the lock."""
        if view is not self._view and view != self._view:
            self._view = view
            self._version += 1
            self._changed.notify_all()

    def _run_delivering(self) -> None:
        while (view := self._next_view()) is not None:
            self._on_view(view)
            self._pause(VIEW_INTERVAL)

    def _next_view(self) -> DaemonView | None:
        """Wait for a view that was not delivered yet; None when the feed is closed."""
        with self._changed:
            # No deadline: the next change may take hours.
            self._changed.wait_for(lambda: self._is_closed or self._version != self._delivered)
            self._delivered = self._version
            return None if self._is_closed else self._view

    def _pause(self, seconds: float) -> None:
        """Wait for a time, or until the feed is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed, seconds)

    # -------------------------------------------------------------- the subscription

    def _run_subscription(self) -> None:
        while not self._is_closed:
            if (client := self._open_link()) is not None:
                try:
                    self._follow(client)
                except ClientError as error:
                    self._lose(error)
                finally:
                    self._drop(client)
            self._wait_for_next_try()

    def _open_link(self) -> Client | None:
        """Return a client, which may start a daemon; None if there is no daemon."""
        with self._changed:
            absence = self._absence or Absence(self._clock())
            may_start = absence.may_start(self._clock())
        if absence.was_stopped and not self._may_connect():
            self._note_absence(absence.failed("", tried_to_start=False))
            return None
        try:
            client = self._connect(
                autostart=may_start, on_notices=self._take_notices, on_wait=self._note_wait
            )
        except DaemonUnreachable as error:
            is_explained = may_start or isinstance(error, NoAnswer)
            reason = error.message if is_explained else ""
            self._note_absence(absence.failed(reason, tried_to_start=may_start))
            return None
        with self._changed:
            self._subscribing_since = self._clock()
        return self._keep(client)

    def _follow(self, client: Client) -> None:
        """Apply what the daemon sends until events were lost, which needs a new snapshot.

        On a new connection, because events of this one could be older than its next snapshot.

        Raises:
            ClientError: the connection ended.
        """
        with closing(self._subscribe(client)) as events:
            for event in events:
                if text(event.get("topic")) == "lagged":
                    return
                self._take_event(event)

    def _subscribe(self, client: Client) -> Generator[Map, None, None]:
        return client.events(methods.TOPICS, self._take_snapshot, optional=methods.LATER_TOPICS)

    def _take_snapshot(self, result: Map) -> None:
        with self._changed:
            self._absence = self._subscribing_since = None
            self._connection_number += 1
            self._schedule.mark(ALL, self._clock())
            view = apply_snapshot(self._view, as_map(as_map(result).get("snapshot")))
            self._set(replace(view, link="connected", link_problem=""))
            self._changed.notify_all()

    def _take_event(self, event: Map) -> None:
        with self._changed:
            if self._replay is not None:
                self._replay.append(event)
            self._set(apply_event(self._view, event))
            if text(event.get("topic")) == "config":
                self._connection_number += 1  # only `hello` says what the folder uses now
            if kinds := stale_after(event):
                self._schedule.mark(kinds, self._clock())
                self._changed.notify_all()

    def _take_notices(self, notices: list[Map]) -> None:
        # The configuration may be corrected any moment: `config` of the view has its problem.
        messages = tuple(
            text(notice.get("message"))
            for notice in notices
            if notice.get("code") != "config_invalid"
        )
        self._update(
            lambda view: replace(
                view, notices=tuple(dict.fromkeys((*view.notices, *messages)))[-MAX_NOTICES:]
            )
        )

    def _note_wait(self, message: str) -> None:
        self._update(lambda view: replace(view, link_problem=message))

    def _lose(self, error: ClientError) -> None:
        with self._changed:
            absence = self._absence
        now = self._clock()
        if absence is None:
            self._note_absence(reconnect.begin(error, now))
        else:  # the daemon was gone again before it had answered
            is_explained = isinstance(error, NoAnswer | DaemonError)  # such as: not allowed to
            reason = error.message if is_explained else ""
            self._note_absence(absence.failed(reason, tried_to_start=False))

    def _note_absence(self, absence: Absence) -> None:
        with self._changed:
            self._absence, self._subscribing_since = absence, None
            link, problem = absence.link(self._clock())
            self._set(replace(self._view, link=link, link_problem=problem))

    def _wait_for_next_try(self) -> None:
        with self._changed:
            absence = self._absence
            if absence is not None:
                # `retry_now` replaces it.
                self._changed.wait_for(
                    lambda: self._is_closed or self._absence is not absence, absence.delay()
                )

    # -------------------------------------------------------------- fetching

    def _run_fetching(self) -> None:
        fetcher: Fetcher | None = None
        while (kind := self._wait_for_work()) is not None:
            try:
                fetcher = self._current_fetcher(fetcher)
                self._fetch(fetcher, kind)
            except ClientError as error:
                if not isinstance(error, DaemonError | NoAnswer) and fetcher is not None:
                    self._drop(fetcher.client)
                    fetcher = None
                self._take_failure(kind, error)
        if fetcher is not None:
            self._drop(fetcher.client)

    def _wait_for_work(self) -> str | None:
        """Return what is to be fetched now; None when the feed is closed."""
        with self._changed:
            while not self._is_closed:
                now = self._clock()
                is_connected = self._absence is None
                self._note_day()
                if is_connected and (kind := self._schedule.take(now)) is not None:
                    self._replay = deque(maxlen=MAX_REPLAYED)
                    return kind
                left = self._schedule.seconds_left(now) if is_connected else SLOW_SECONDS
                self._note_slow(now)
                midnight = seconds_to_midnight(time.time())
                self._changed.wait(midnight if left is None else min(left, midnight))
        return None

    def _note_slow(self, now: float) -> None:
        """Say that the daemon does not answer; a call says why, but only after ten seconds."""
        since = self._subscribing_since
        if since is not None and now - since >= SLOW_SECONDS and self._absence is not None:
            self._set(replace(self._view, link_problem=SLOW))

    def _note_day(self) -> None:
        """At midnight the spend of today begins again."""
        today = time.localtime().tm_yday
        if today != self._day:
            self._day = today
            self._schedule.mark(("spend",), self._clock())

    def _current_fetcher(self, fetcher: Fetcher | None) -> Fetcher:
        """Return one that is connected to the daemon of the subscription.

        Raises:
            DaemonUnreachable: there is none.
        """
        with self._changed:
            number = self._connection_number
        if fetcher is not None:
            if fetcher.number == number:
                return fetcher
            self._drop(fetcher.client)  # its daemon may be the one before this
        # Some notices come once, to the first client that shows them.
        client = self._connect(autostart=False, on_notices=self._take_notices, on_wait=_ignore)
        return Fetcher(self._keep(client), number)

    def _fetch(self, fetcher: Fetcher, kind: str) -> None:
        change = fetcher.fetch(kind, time.time())
        with self._changed:
            view = change(self._view)
            for event in self._replay or ():
                view = apply_event(view, event)
            self._replay = None
            view = replace(view, here=self._here.completed(fetcher.client.server))
            if self._absence is None:
                view = replace(view, link="connected", link_problem="")
            self._set(view)

    def _take_failure(self, kind: str, error: ClientError) -> None:
        """Fetch it again later, unless the daemon answered with an error."""
        with self._changed:
            self._replay = None
            if isinstance(error, DaemonError) and error.code != codes.SHUTTING_DOWN:
                return
            self._schedule.mark((kind,), self._clock(), delay=RETRY_SECONDS)
            # A daemon that drains or hangs keeps the subscription.
            if isinstance(error, DaemonError | NoAnswer) and self._absence is None:
                problem = reconnect.begin(error, self._clock()).reason
                self._set(replace(self._view, link="reconnecting", link_problem=problem))

    # -------------------------------------------------------------- connections

    def _keep(self, client: Client) -> Client:
        """Remember a client, so that `close` can end its calls."""
        with self._changed:
            self._clients.add(client)
            is_closed = self._is_closed
        if is_closed:
            client.abort()
        return client

    def _drop(self, client: Client) -> None:
        with self._changed:
            self._clients.discard(client)
        client.close()


def _ignore(_: object) -> None:
    """The subscription says what is waited for."""


def seconds_to_midnight(now: float) -> float:
    """Return the seconds until the next day begins, local time."""
    day = time.localtime(now)
    midnight = (day.tm_year, day.tm_mon, day.tm_mday + 1, 0, 0, 0, 0, 0, -1)
    return max(time.mktime(midnight) - now, 0.0) + 0.01
