"""A subscription to the daemon's events that is made again after the daemon was gone.

It never starts a daemon after the first connection: `daemon stop` has to keep its effect while a
view is open. The next daemon, whatever starts it, is found within a second.
"""

import time

from aircher_client import ClientError, ConnectionLost, DaemonError, DaemonUnreachable, NoAnswer
from aircher_wire import codes, methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from aircher_cli.context import Context
    from aircher_cli.values import Map
    from aircher_client import Client

FIRST_DELAY, LAST_DELAY = 0.1, 1.0
"""Seconds between two attempts to connect; they double."""

GONE = "the daemon stopped; waiting for the next one"


def is_loss(error: ClientError) -> bool:
    """Tell whether an error means that the daemon is gone or about to go."""
    if isinstance(error, DaemonError):
        return error.code == codes.SHUTTING_DOWN
    return isinstance(error, ConnectionLost) or not isinstance(error, NoAnswer)


class Link:
    """A client that is subscribed to `topics`, and its `events`; None while there is no daemon.

    `optional` are topics that an older daemon need not know. With `quiet`, the notices of later
    daemons are not printed: they would be in a screen's way.
    """

    def __init__(
        self,
        context: "Context",
        topics: "Sequence[str]",
        *,
        optional: "Collection[str]" = methods.LATER_TOPICS,
        quiet: bool = False,
    ) -> None:
        self._context = context
        self._optional = optional
        self._quiet = quiet
        self._topics = list(topics)
        self._delay = FIRST_DELAY
        self._retry_at = 0.0
        self.client: Client | None = None
        self.events: Iterator[Map] = iter(())

    def open(self) -> "Client":
        """Connect and subscribe for the first time; the daemon is started if it is not running.

        Raises:
            ClientError: there is no daemon, or it refuses the topics.
        """
        return self._subscribe(self._context.connect())

    def drop(self) -> None:
        """Close the connection after a loss; `reopen` may be called from now on."""
        self.close()
        self._delay = FIRST_DELAY
        self._retry_at = 0.0

    def reopen(self) -> bool:
        """Try to connect again, unless it is too early; tell whether it worked.

        Raises:
            DaemonError: the new daemon refuses the topics.
        """
        if time.monotonic() < self._retry_at:
            return False
        # Imported late: only after the daemon was gone.
        from aircher_cli.picker.live.service_state import may_connect  # noqa: PLC0415

        if may_connect(self._context.environ):
            try:
                self._subscribe(self._reconnect())
            except DaemonUnreachable:
                pass
            except DaemonError as error:
                if not is_loss(error):
                    raise
            else:
                return True
        self._retry_at = time.monotonic() + self._delay
        self._delay = min(2 * self._delay, LAST_DELAY)
        return False

    def wait_reopened(self) -> None:
        """Wait until there is a daemon again; without a deadline, as the user asked to wait."""
        while not self.reopen():
            time.sleep(self.seconds_to_retry())

    def seconds_to_retry(self) -> float:
        """Return the time until `reopen` does something."""
        return max(0.0, self._retry_at - time.monotonic())

    def close(self) -> None:
        """Close the connection. Idempotent."""
        client, self.client = self.client, None
        if client is not None:
            client.close()

    def _reconnect(self) -> "Client":
        if self._quiet:
            return self._context.connect(autostart=False, on_notices=_discard)
        return self._context.connect(autostart=False)

    def _subscribe(self, client: "Client") -> "Client":
        try:
            self.events = client.events(self._topics, optional=self._optional)
        except BaseException:
            client.close()
            raise
        self.client = client
        return client

    def __repr__(self) -> str:
        return f"<Link {'lost' if self.client is None else 'open'}>"


def _discard(notices: "list[Map]") -> None:
    """Print no notices."""
