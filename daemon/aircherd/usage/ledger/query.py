"""A question on its way to the ledger's thread, and its answer on the way back."""

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

import structlog
import trio

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.database import FileTrouble
from aircherd.usage.ledger.internal_error import internal_error

log = structlog.get_logger()

T = TypeVar("T")


class LedgerQuery(Generic[T]):
    """Made in the loop's thread, where `done` is told; `run` and `refuse` are for the other one."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._token = trio.lowlevel.current_trio_token()
        self._answer: T | None = None
        self._why: str | None = "the ledger is closed"
        self.done = trio.Event()
        self.is_wanted = True

    def run(self) -> None:
        """Do the work, and tell the loop; in the writer's thread."""
        try:
            if self.is_wanted:
                self._answer = self._work()
                self._why = None
        except FileTrouble as error:
            self._why = str(error)
        except Exception as error:  # noqa: BLE001 - the edge: no question ends the thread
            self._why = internal_error(error)
            # No traceback: it ends with the error's own words.
            log.error("ledger question failed", why=self._why)  # noqa: TRY400
        finally:
            self.tell()

    def refuse(self, why: str) -> None:
        """Give no answer, and tell the loop."""
        self._why = why
        self.tell()

    def tell(self) -> None:
        """Let who waits go on; who has no answer by now gets none."""
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(self.done.set)

    def answer(self) -> T:
        """Return the answer.

        Raises:
            LedgerUnavailable: there is none.
        """
        if self._why is not None:
            raise LedgerUnavailable(f"the ledger cannot be read: {self._why}")
        return self._answer  # type: ignore[return-value] # None only where T is
