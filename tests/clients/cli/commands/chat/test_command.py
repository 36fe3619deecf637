"""`aircher-cli chat` as a program at a real terminal."""

import os
import pty
import re
import select
import subprocess
import time

import pytest

from helpers.daemon.cli import COMMAND, run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, Session, refuses

PATIENCE = 20.0


def answer(session: Session, msgid: int, params: Map) -> Map:
    session.delta(msgid, 1, type="text", text="Because.")
    content = [{"type": "text", "text": "Because."}]
    return {"message": {"role": "assistant", "content": content}, "finish": "stop"}


def test_without_a_terminal_it_says_what_to_use(daemon: CliDaemon) -> None:
    """A script wants `ask`."""
    done = run_cli(daemon.environ, "chat", stdin="hello")
    assert done.code == 2
    assert "chat needs a terminal" in done.err


def test_what_cannot_be_combined(daemon: CliDaemon) -> None:
    """Each says what to continue."""
    for words in (["tea", "-c"], ["-c", "--messages", "[]"], ["tea", "--messages", "[]"]):
        done = run_cli(daemon.environ, "chat", *words, terminal=True)
        assert (done.code, "cannot be combined" in done.err) == (2, True)


def test_a_conversation_at_a_terminal(daemon: CliDaemon) -> None:
    """Typed, answered, and left with Ctrl-D."""
    daemon.answers |= {"chat": answer, "ping": {}}
    control, its_end = pty.openpty()
    environ = {
        **daemon.environ,
        "TERM": "xterm",
        "XDG_DATA_HOME": str(daemon.home / "data"),
        "PROMPT_TOOLKIT_NO_CPR": "1",  # nothing here can say where the cursor is
    }
    with subprocess.Popen(
        [*COMMAND, "chat"],
        env=environ,
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    ) as process:
        os.close(its_end)
        read_until(control, rb">")
        os.write(control, b"Why?\r")
        # With the next prompt: before that the terminal itself would take the Ctrl-D.
        read_until(control, rb"Because\..*>")
        os.write(control, b"\x04")
        assert process.wait(timeout=PATIENCE) == 0
    os.close(control)
    asked = [params for method, params in daemon.calls if method == "chat"]
    assert [params["messages"] for params in asked] == [[{"role": "user", "content": "Why?"}]]


def read_until(control: int, pattern: bytes) -> None:
    seen = b""
    deadline = time.monotonic() + PATIENCE
    while not re.search(pattern, seen, re.DOTALL):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([control], [], [], left)[0]:
            pytest.fail(f"it said {seen!r}")
        seen += os.read(control, 4096)


def test_an_unknown_model_is_reported_before_a_question(daemon: CliDaemon) -> None:
    """The user types no question in vain."""
    daemon.answers["route.explain"] = refuses("unknown_model", "unknown model 'nope'")
    done = run_cli(daemon.environ, "chat", "-m", "nope", terminal=True)
    assert (done.code, done.err) == (1, "aircher-cli: unknown model 'nope'\n")


def test_an_unknown_task_is_reported_before_a_question(daemon: CliDaemon) -> None:
    """As a model is, even if no model is named."""
    daemon.answers["route.explain"] = refuses("bad_request", "task: there is no task 'nope'")
    done = run_cli(daemon.environ, "chat", "-t", "nope", terminal=True)
    assert (done.code, done.err) == (1, "aircher-cli: task: there is no task 'nope'\n")
