"""Logging: structured, to standard error, with keys redacted.

structlog and the standard library's logging both pass through the same last filter. A terminal gets
plain lines, everything else gets JSON.
"""

import logging
import math
import os
import sys
import time
from collections.abc import MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

import structlog

from aircherd.redaction import Redactor

if TYPE_CHECKING:
    from aircherd.log_file import LogFile

STDERR = 2
LEVELS = ("debug", "info", "warning", "error")
_OWN_FIELDS = frozenset({"timestamp", "level"})


REPEATS = 20
"""Lines with the same event in `REPEAT_SECONDS`: some can be caused by a client at will."""
REPEAT_SECONDS = 10.0
"""Further lines are counted, and the next one after this time has their number."""
ACCEPT_LOG_SECONDS = 30.0
"""Without file descriptors for new clients, trio logs ten errors a second; this is our interval."""


def configure_logging(
    redactor: Redactor, *, level: str = "info", as_json: bool | None = None
) -> "LogOutput":
    """Configure both loggers. `as_json` None means: unless standard error is a terminal."""
    if as_json is None:
        as_json = not sys.stderr.isatty()
    out = LogOutput()
    redact = _RedactingProcessor(redactor)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            _renderer(as_json),
        ],
    )
    _configure_standard_logging(formatter, out, level)
    structlog.configure(
        processors=[
            *shared,
            _BoundedRepeats(),
            structlog.processors.format_exc_info,
            redact,
            _renderer(as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", out)),
        cache_logger_on_first_use=True,
    )
    return out


def _configure_standard_logging(formatter: logging.Formatter, out: "LogOutput", level: str) -> None:
    handler = logging.StreamHandler(cast("TextIO", out))
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.raiseExceptions = False
    # They log URLs with their query, cookies, and every change in a watched directory.
    for noisy in ("httpx", "httpcore", "watchfiles"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("trio.serve_listeners").addFilter(_RateLimit(ACCEPT_LOG_SECONDS))


class LogOutput:
    """Standard error, unbuffered; errors are ignored.

    A log that cannot be written (full disk, closed terminal) must not end a request: the line is
    lost, and the next one is tried again.
    """

    def __init__(self) -> None:
        self._file: LogFile | None = None

    def rotate(self, file: "LogFile") -> None:
        """Rotate `file`, which is standard error, from now on."""
        self._file = file

    def write(self, text: str) -> int:
        """Write a line."""
        data = text.encode(errors="backslashreplace")
        size = len(data)
        with suppress(OSError):
            while data:
                data = data[os.write(STDERR, data) :]
        if self._file is not None:
            self._file.note_written(size - len(data))
        return len(text)

    def flush(self) -> None:
        """Do nothing: there is no buffer."""


class _BoundedRepeats:
    """Passes `REPEATS` lines of an event in `REPEAT_SECONDS`, and counts the others.

    A broken frame, for example, is a line, and a client can send thousands in a second. Lines of
    the level `debug` always pass.
    """

    def __init__(self) -> None:
        self._windows: dict[object, _Window] = {}

    def __call__(
        self, _logger: object, _name: str, line: MutableMapping[str, object]
    ) -> MutableMapping[str, object]:
        if line.get("level") == "debug":
            return line
        now, event = time.monotonic(), line.get("event")
        window = self._windows.get(event)
        if window is None or now >= window.until:
            if window is not None and window.lines > REPEATS:
                line["not_logged"] = window.lines - REPEATS
            window = self._windows[event] = _Window(now + REPEAT_SECONDS)
        window.lines += 1
        if window.lines > REPEATS:
            raise structlog.DropEvent
        return line


class _Window:
    """The lines of one event until a time."""

    __slots__ = ("lines", "until")

    def __init__(self, until: float) -> None:
        self.until = until
        self.lines = 0


class _RateLimit(logging.Filter):
    """Passes one record per `seconds`, without its traceback."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._next = -math.inf

    def filter(self, record: logging.LogRecord) -> bool:
        if record.created < self._next:
            return False
        self._next = record.created + self._seconds
        record.exc_info = None
        return True


def _renderer(as_json: bool) -> structlog.typing.Processor:
    # Tracebacks are plain text by then: structured ones contain local variables.
    if as_json:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


class _RedactingProcessor:
    """The last processor before the line is made: redacts keys in everything that is logged.

    Not in the line itself: a key may be a word that is also the name of a field or of an event.
    Names are constants of the source code, the text of another library's message is not.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(
        self, _logger: object, _name: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        for name, value in fields.items():
            if name not in _OWN_FIELDS and not (name == "event" and _is_name(value)):
                fields[name] = self._redacted(value)
        return fields

    def _redacted(self, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self._redactor.redact(value)
        if isinstance(value, dict):
            return {
                self._redactor.redact(str(name)): self._redacted(each)
                for name, each in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self._redacted(each) for each in value]
        return self._redactor.redact(repr(value))


def _is_name(event: object) -> bool:
    return isinstance(event, str) and event.isidentifier() and event.islower()
