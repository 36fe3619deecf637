"""A query for the ledger's thread, and the way its result comes back."""

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

import structlog
import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.errors import FileError, internal_error

log = structlog.get_logger()

T = TypeVar("T")


class LedgerQuery(Generic[T]):
    """Created in the event loop, where `done` is set; `run` and `refuse` are for the other thread.

    `is_wanted` is false after the caller was cancelled.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._token = trio.lowlevel.current_trio_token()
        self._result: T | None = None
        self._reason: str | None = "the ledger is closed"
        self.done = trio.Event()
        self.is_wanted = True

    def run(self) -> None:
        """Do the work and notify the event loop."""
        try:
            if self.is_wanted:
                self._result = self._work()
                self._reason = None
        except FileError as error:
            self._reason = str(error)
        except Exception as error:  # noqa: BLE001 - no query may end the thread
            self._reason = internal_error(error)
            # No traceback: it would end with the error's own message.
            log.error("ledger_query_failed", reason=self._reason)  # noqa: TRY400
        finally:
            self._notify()

    def refuse(self, reason: str) -> None:
        """Fail without running, and notify the event loop."""
        self._reason = reason
        self._notify()

    def result(self) -> T:
        """Return the result.

        Raises:
            LedgerUnavailable: there is none.
        """
        if self._reason is not None:
            raise LedgerUnavailable(f"the ledger cannot be read: {self._reason}")
        return self._result  # type: ignore[return-value] # None only where T is

    def _notify(self) -> None:
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(self.done.set)
