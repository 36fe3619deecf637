"""Keeps what calls really used over a restart: a small file, written rarely, read at the start.

Without it, each start would send few calls of each model at once near a limit, until their replies
have come. What a crash loses is learned again. A file that is damaged, or from another version, is
ignored.
"""

from pathlib import Path
from typing import Literal

import msgspec
import structlog
import trio

from aircher_wire.atomic_file import read_data
from aircherd.chat.spending.expectations import Expectations
from aircherd.files.background_files import BackgroundFiles
from aircherd.usage.observed_use import ObservedModel

WRITE_SECONDS = 30.0
"""Between two writes: a change is on disk at most so much later."""

log = structlog.get_logger()


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    version: Literal[1] = 1
    models: list[ObservedModel]


_CONTENT = msgspec.json.Decoder(_Content)


class ObservedUseFile:
    """The file at `path` and the expectations that it is about; `files` writes it."""

    def __init__(self, path: Path, expectations: Expectations, files: BackgroundFiles) -> None:
        self._path = path
        self._expectations = expectations
        self._files = files

    def load(self) -> None:
        """Restore what was observed before the start."""
        try:
            content = _CONTENT.decode(read_data(self._path))
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("observed_use_unreadable", file=str(self._path), reason=error.strerror)
        except (ValueError, RecursionError):
            log.warning(
                "observed_use_damaged",
                file=str(self._path),
                hint="ignored: limits learn again what calls really use",
            )
        else:
            self._expectations.restore(content.models)

    async def run(self) -> None:
        """Write changes; never returns.

        When it is cancelled, `files` writes the last change: close them afterwards.
        """
        try:
            while True:
                await trio.sleep(WRITE_SECONDS)
                self._write_changed()
        finally:
            self._write_changed()

    def _write_changed(self) -> None:
        if models := self._expectations.take_if_changed():
            self._files.put(self._path, msgspec.json.encode(_Content(models=models)))

    def __repr__(self) -> str:
        return f"<ObservedUseFile {self._path}>"
