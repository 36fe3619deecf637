"""Logging: structured, to standard error, and never a key.

Two ways lead here, structlog and the standard library's logging, and both pass the same last
filter. People get lines, everything else gets JSON.
"""

import logging
import sys
from collections.abc import MutableMapping

import structlog

from aircherd.vocabulary.secret import Redactor

LEVELS = ("debug", "info", "warning", "error")


def configure_logging(
    redactor: Redactor, *, level: str = "info", as_json: bool | None = None
) -> None:
    """Set up both ways. `as_json` None means: unless standard error is a terminal."""
    if as_json is None:
        as_json = not sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_render(as_json),
                _Filter(redactor),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # They print URLs with their query, and cookies.
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, *_render(as_json), _Filter(redactor)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _render(as_json: bool) -> list[structlog.typing.Processor]:
    if as_json:
        # Tracebacks as plain text: the structured form shows local variables.
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]


class _Filter:
    """The last processor: takes every live key out of the finished line."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, _logger: object, _name: str, line: MutableMapping[str, object] | str) -> str:
        return self._redactor.redact(str(line))
