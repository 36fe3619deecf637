"""structlog and standard logging both pass through the redacting filter."""

import json
import logging
import os
import sys
from pathlib import Path

import pytest
import structlog

from aircherd import logging_setup
from aircherd.logging_setup import configure_logging
from aircherd.redaction import HIDDEN, Redactor
from aircherd.vocabulary.secret import Secret

KEY = "canary-0123456789"


@pytest.fixture(autouse=True)
def _restored():
    """Restore the process's logging."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("trio.serve_listeners").filters.clear()
    structlog.reset_defaults()


def configured(**options):
    redactor = Redactor()
    redactor.add(Secret(KEY))
    configure_logging(redactor, **options)


def crash():
    local = KEY
    raise ValueError(f"bad {local}")


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("library", ["structlog", "logging"])
def test_keys_are_redacted(capfd, as_json, library):
    """In the event, in a value, and in an exception's text."""
    configured(as_json=as_json)
    logger = structlog.get_logger() if library == "structlog" else logging.getLogger("x")
    logger.warning("got %s", KEY)
    try:
        crash()
    except ValueError:
        logger.exception("crashed")
    written = capfd.readouterr().err
    assert KEY not in written
    assert written.count(HIDDEN) >= 2


def test_a_key_that_is_a_word_leaves_names_alone(capfd):
    """The name of an event or of a field is not what was logged."""
    redactor = Redactor()
    for word in ("broken_frame", "timestamp", "warning", "client"):
        redactor.add(Secret(word))
    configure_logging(redactor, as_json=True)
    structlog.get_logger().warning("broken_frame", client="the timestamp", seen=["broken_frame"])
    line = json.loads(capfd.readouterr().err)
    assert (line["event"], line["level"], line["client"]) == (
        "broken_frame",
        "warning",
        f"the {HIDDEN}",
    )
    assert line["seen"] == [HIDDEN]
    assert "timestamp" in line


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    "value", [{"a": {KEY: [KEY]}}, (KEY,), {KEY}, ValueError(KEY), Path(f"/{KEY}"), KEY.encode()]
)
def test_keys_are_redacted_at_any_depth(capfd, as_json, value):
    """In maps, lists, and whatever is written by its repr."""
    configured(as_json=as_json)
    structlog.get_logger().warning("odd", value=value, number=3, nothing=None, yes=True)
    written = capfd.readouterr().err
    assert KEY not in written
    assert HIDDEN in written


def test_traceback_shows_no_local_variables(capfd):
    """They may contain secrets that the redactor does not know."""
    configured(as_json=True)
    secret = "not-a-registered-key"
    try:
        crash()
    except ValueError:
        structlog.get_logger().exception("crashed")
    assert secret not in capfd.readouterr().err


def test_json_lines_have_level_and_time(capfd):
    """One object per line."""
    configured(as_json=True)
    structlog.get_logger().info("ready", socket="/x")
    logging.getLogger("lib").warning("from a library")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("ready", "info"),
        ("from a library", "warning"),
    ]
    assert all("timestamp" in line for line in lines)


def test_json_is_the_default_without_a_terminal(capfd):
    """Standard error is not a terminal here."""
    configured()
    structlog.get_logger().info("ready")
    assert json.loads(capfd.readouterr().err)["event"] == "ready"


def test_level_applies_to_both_libraries(capfd):
    """Lines below the level are dropped."""
    configured(level="warning", as_json=True)
    structlog.get_logger().info("quiet")
    logging.getLogger("lib").info("quiet")
    assert capfd.readouterr().err == ""


def test_failed_write_of_a_log_line_is_ignored(capfd):
    """A full disk or a closed pipe loses the line; the next one is tried again."""
    configured(as_json=True)
    kept = os.dup(2)
    try:
        with open("/dev/full", "w") as full:  # noqa: PTH123 - the descriptor is needed
            os.dup2(full.fileno(), 2)
            structlog.get_logger().warning("lost")
            logging.getLogger("x").warning("lost too")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    structlog.get_logger().warning("written")
    assert json.loads(capfd.readouterr().err)["event"] == "written"


def test_a_flood_of_one_event_is_counted(capfd, monkeypatch):
    """A client can send broken frames by the thousand; other events are logged."""
    now = 100.0
    monkeypatch.setattr(logging_setup.time, "monotonic", lambda: now)
    configured(as_json=True)
    logger = structlog.get_logger()
    for _ in range(5000):
        logger.warning("broken_frame", client="x")
    logger.warning("other")
    now += logging_setup.REPEAT_SECONDS
    logger.warning("broken_frame", client="x")
    logger.warning("broken_frame", client="x")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in lines].count("other") == 1
    broken = [line.get("not_logged") for line in lines if line["event"] == "broken_frame"]
    repeats = logging_setup.REPEATS
    assert broken == [None] * repeats + [5000 - repeats, None]


def test_repeated_accept_errors_are_one_line(capfd):
    """Trio logs ten a second, with a traceback."""
    configured(as_json=True)
    for _ in range(100):
        try:
            crash()
        except ValueError:
            logging.getLogger("trio.serve_listeners").exception("too many files")
    (line,) = capfd.readouterr().err.splitlines()
    assert (json.loads(line)["event"], "Traceback" in line) == ("too many files", False)


@pytest.mark.parametrize("name", ["httpx", "httpcore", "watchfiles"])
def test_libraries_that_log_urls_are_limited_to_warnings(name, capfd):
    """Even at level debug."""
    configured(level="debug", as_json=True)
    logging.getLogger(name).info("GET https://x/?key=abc")
    assert capfd.readouterr().err == ""
    assert sys.stderr is not None
