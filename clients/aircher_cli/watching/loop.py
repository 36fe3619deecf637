"""Shows a view again with every event: on a terminal in place, elsewhere as blocks of text.

    screen    drawn again after each event, each second while a countdown is shown, each minute
    blocks    a block, or with `--json` an object, whenever what is shown has changed

Events come in bursts, so what is shown is fetched at most five times a second. What no event
reports, such as a new day, is seen after the view's `interval`.
"""

import os
import select
import time

from aircher_cli.console import OutputClosed, is_terminal
from aircher_cli.exit_codes import INTERRUPTED, OK
from aircher_cli.watching.link import GONE, Link, is_loss
from aircher_client import ClientError, NoAnswer

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from typing import NoReturn, Protocol

    from aircher_cli.context import Context
    from aircher_cli.render.layout import Line
    from aircher_cli.values import Map
    from aircher_cli.watching.terminal import LiveTerminal
    from aircher_client import Client

    class View(Protocol):
        """What is shown, and when it has to be fetched again: after an event of `topics`."""

        @property
        def topics(self) -> tuple[str, ...]:
            """The topics whose events change what is shown."""

        @property
        def interval(self) -> float:
            """Seconds after which the state is fetched even without an event."""

        def fetch(
            self, client: Client, now: float, before: Map | None, *, is_news: bool = True
        ) -> Map:
            """Return the state; what is slow and rarely changes may be kept from `before`.

            Without `is_news` no event came since: only what no event reports may have changed.
            """

        def lines(
            self, record: Map, now: float, width: int, *, draws: bool, rows: int | None = None
        ) -> list[Line]:
            """Return a record as lines; of `rows` lines, what matters most, if it knows that."""

        def has_countdown(self, record: Map, now: float) -> bool:
            """Tell whether the lines change with time."""

        def essence(self, record: Map) -> object:
            """Return what is compared to tell whether a record has changed."""


MIN_INTERVAL = 0.2
"""Seconds between two fetches."""
FULL_INTERVAL = 60.0
"""Seconds until what is slow is fetched as well, whatever happens."""
RETRY_SECONDS = 5.0
"""When something is fetched again after an error."""
HANGS = "the daemon does not answer; this is out of date"


class Follower:
    """Keeps the record of a view current. `problem` says why it may be out of date."""

    def __init__(self, context: "Context", view: "View", *, quiet: bool) -> None:
        self._view = view
        self._link = Link(context, view.topics, quiet=quiet)
        self._fetch_at = 0.0  # on the monotonic clock, as the next two
        self._full_at = 0.0
        self._fetched_at = 0.0
        self._has_news = False
        self.record: Map = {}
        self.problem = ""

    def open(self) -> None:
        """Connect, and fetch the first record.

        Raises:
            ClientError: this is not possible.
        """
        self._fetch(self._link.open(), is_full=True)

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def fileno(self) -> int | None:
        """Return the descriptor that becomes readable with an event, None if none is waited for.

        While a fetch is due in a moment, further events change nothing: a busy daemon sends many.
        """
        client = self._link.client
        is_due_soon = self._fetch_at <= time.monotonic() + MIN_INTERVAL
        return None if client is None or is_due_soon else client.fileno()

    def seconds_to_next(self) -> float:
        """Return the time until `advance` has something to do without an event."""
        client = self._link.client
        if client is None:
            return self._link.seconds_to_retry()
        if client.has_events:  # they came during a call, so the socket is not readable
            return 0.0
        return max(0.0, min(self._fetch_at, self._full_at) - time.monotonic())

    def advance(self, *, has_events: bool) -> None:
        """Read events if there are any, and do what is due: fetch, or connect again.

        Raises:
            ClientError: a later daemon refuses the subscription.
        """
        client = self._link.client
        if client is None:
            if not self._link.reopen():
                return
            self._full_at = 0.0
            client = self._link.client
        try:
            if client is not None and (has_events or client.has_events) and client.take_events():
                self._fetch_at = min(self._fetch_at, self._fetched_at + MIN_INTERVAL)
                self._has_news = True
            self._fetch_if_due()
        except ClientError as error:
            self._note(error)

    def _fetch_if_due(self) -> None:
        now, client = time.monotonic(), self._link.client
        if client is not None and now >= min(self._fetch_at, self._full_at):
            self._fetch(client, is_full=now >= self._full_at)

    def _fetch(self, client: "Client", *, is_full: bool) -> None:
        before = None if is_full else self.record
        is_news, self._has_news = self._has_news, False
        try:
            self.record = self._view.fetch(client, time.time(), before, is_news=is_news)
        except ClientError:
            self._has_news = is_news
            raise
        self.problem = ""
        self._fetched_at = time.monotonic()
        self._fetch_at = self._fetched_at + self._view.interval
        if is_full:
            self._full_at = self._fetched_at + FULL_INTERVAL

    def _note(self, error: ClientError) -> None:
        """Remember an error: it is shown, and what failed is tried again."""
        if is_loss(error):
            self._link.drop()
            self.problem = GONE
            return
        self.problem = HANGS if isinstance(error, NoAnswer) else error.message
        self._fetched_at = time.monotonic()
        self._fetch_at = self._full_at = self._fetched_at + RETRY_SECONDS


def watch(context: "Context", view: "View", *, as_json: bool) -> int:
    """Show a view until the user leaves it, and return the exit code.

    On a terminal q, Esc and Ctrl-C leave, with the exit code 0. Elsewhere Ctrl-C interrupts.

    Raises:
        ClientError: there is no daemon, or it refuses.
        OutputClosed: nothing can be shown any more.
    """
    out = context.console.fileno()
    is_screen = context.console.is_terminal and (context.environ.get("TERM") or "dumb") != "dumb"
    follower = Follower(context, view, quiet=is_screen and not as_json)
    try:
        follower.open()
        if not as_json and is_screen and out is not None:
            return _show_screen(context, view, follower, out)
        _show_blocks(context, view, follower, out, as_json=as_json)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        follower.close()


# ------------------------------------------------------------------ on a terminal


def _show_screen(context: "Context", view: "View", follower: Follower, out: int) -> int:
    # Imported late: only for a terminal.
    from aircher_cli.watching.terminal import LiveTerminal, TerminalClosed  # noqa: PLC0415

    stdin = context.stdin
    keys = stdin.fileno() if stdin is not None and is_terminal(stdin) else None
    terminal = LiveTerminal(out, keys, encoding=context.console.encoding)
    try:
        with terminal:
            _run_screen(context, view, follower, terminal)
    except KeyboardInterrupt:
        return OK
    except TerminalClosed:
        raise OutputClosed from None
    finally:
        terminal.close()  # a signal may have come while the context was being left
    return OK


def _run_screen(
    context: "Context", view: "View", follower: Follower, terminal: "LiveTerminal"
) -> None:
    from aircher_cli.watching.frame import fit_frame, room  # noqa: PLC0415 -- as `LiveTerminal`

    console = context.console
    while True:
        now, (columns, rows) = time.time(), terminal.size
        left = room(follower.problem, columns, rows)
        lines = view.lines(follower.record, now, columns, draws=True, rows=left)
        frame = fit_frame(lines, follower.problem, columns, rows)
        terminal.draw([console.painted(line) for line in frame])
        timeout = follower.seconds_to_next()
        if view.has_countdown(follower.record, now):
            timeout = min(timeout, 1.0 - time.time() % 1.0)
        woken = terminal.wait(follower.fileno(), timeout)
        if woken.leaves:
            return
        follower.advance(has_events=woken.others)


# ------------------------------------------------------------------ elsewhere


def _show_blocks(
    context: "Context", view: "View", follower: Follower, out: int | None, *, as_json: bool
) -> "NoReturn":
    """Print a block for each change until Ctrl-C."""
    shown: object = None
    problem = ""
    while True:
        if (essence := view.essence(follower.record)) != shown:
            shown = essence
            _print_block(context, view, follower.record, as_json=as_json)
        if follower.problem != problem:
            problem = follower.problem
            if problem:
                context.console.note(f"aircher-cli: {problem}")
        has_events = wait_for_events(follower.fileno(), out, follower.seconds_to_next())
        follower.advance(has_events=has_events)


def _print_block(context: "Context", view: "View", record: "Map", *, as_json: bool) -> None:
    console, now = context.console, time.time()
    if as_json:
        console.json({"at": round(now, 3), **record})
        return
    console.line(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)), "dim")
    for line in view.lines(record, now, console.width, draws=False):
        console.styled(line)
    console.line()


def wait_for_events(events: int | None, out: int | None, timeout: float) -> bool:
    """Wait for events; tell whether there are any.

    Args:
        events: The descriptor that becomes readable with an event; None if none is waited for.
        out: That of the standard output; None if it has none.
        timeout: In seconds.

    Raises:
        OutputClosed: the reader of the output is gone; without this we would notice with the next
            change only.
    """
    poll = select.poll()
    if events is not None:
        poll.register(events, select.POLLIN)
    if out is not None:
        poll.register(out, 0)
    ready = dict(poll.poll(max(0, timeout) * 1000))
    is_closed = out is not None and ready.get(out, 0) & (select.POLLERR | select.POLLHUP)
    if out is not None and is_closed and not os.isatty(out):
        raise OutputClosed
    return events in ready
