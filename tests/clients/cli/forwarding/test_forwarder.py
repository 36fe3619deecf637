"""One ssh after another: what is said, and when it is tried again. A script takes ssh's place."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.forwarding import forwarder as module
from aircher_cli.forwarding.forwarder import Forwarder, Wishes, wait_for_signal

READY = """\
from aircher_cli.forwarding.mux import Mux
import os, sys, time
count = len(open(os.environ["RUNS"]).readlines())
open(os.environ["RUNS"], "a").write("run\\n")
mux = Mux(opens=True)
mux.announce(ready="/run/there.sock", host="box")
os.write(1, mux.out)
if count == 2:
    os.kill(os.getppid(), 15)
    time.sleep(20)
"""


class Console:
    """Collects what is said."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.records: list[object] = []

    def json(self, value: object) -> None:
        """Note a line of JSON."""
        self.records.append(value)

    def note(self, text: str) -> None:
        """Note a line."""
        self.notes.append(text)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file with a line for each run of the script; there is a daemon, and no pause."""
    path = tmp_path / "runs"
    path.write_text("")
    monkeypatch.setenv("RUNS", str(path))
    monkeypatch.setattr(module, "FIRST_DELAY", 0.001)
    monkeypatch.setattr(Forwarder, "_check_daemon", lambda _: None)
    return path


def forwarder(script: str, *, is_kept: bool, socket: str | None = None) -> Forwarder:
    """Return a forwarder that runs a script instead of ssh."""
    environ = {"HOME": "/nowhere", "XDG_RUNTIME_DIR": "/nowhere"}
    wishes = Wishes("box", [], is_kept, socket, None, None)
    made = Forwarder(Context(Console(), environ, None), wishes)  # type: ignore[arg-type]
    made._command = [sys.executable, "-c", script]
    return made


def notes(made: Forwarder) -> list[str]:
    """Return what was said."""
    console: Console = made._context.console  # type: ignore[assignment]
    return console.notes


def test_a_forward_that_ends_is_an_error(runs: Path) -> None:
    """Unless it is to be kept; the exit code says that the daemon cannot be reached."""
    made = forwarder(READY, is_kept=False, socket="/run/there.sock")

    with pytest.raises(CommandFailed, match="the connection to box was closed") as caught:
        made.run()

    assert (caught.value.exit_code, runs.read_text()) == (3, "run\n")
    assert "Its socket there is /run/there.sock" in notes(made)[0]
    assert "with AIRCHER_SOCKET=/run/there.sock" in notes(made)[0]


def test_a_kept_one_connects_again(runs: Path) -> None:
    """Until a signal; each time it is said."""
    made = forwarder(READY, is_kept=True)

    assert made.run() == 128 + signal.SIGTERM

    assert runs.read_text() == "run\n" * 3
    said = [note.partition(":")[2].split()[0] for note in notes(made)]
    assert said[:4] == ["forwarding:", "the", "forwarding", "the"]
    assert sum("connecting again in" in note for note in notes(made)) == 2
    assert "has ended" in notes(made)[-1]


def test_a_script_reads_json(runs: Path) -> None:
    """When it is ready, and when it is lost."""
    del runs
    made = forwarder(READY, is_kept=True)
    made._wishes = made._wishes._replace(as_json=True)

    made.run()

    console: Console = made._context.console  # type: ignore[assignment]
    assert console.notes == []
    assert console.records[:2] == [
        {"ready": "/run/there.sock", "host": "box"},
        {"lost": "the connection to box was closed", "retry_s": 0.001},
    ]


def test_one_that_never_began_is_not_tried_again(runs: Path) -> None:
    """A wrong host or key stays wrong."""
    del runs
    made = forwarder("import sys; sys.exit(255)", is_kept=True)

    with pytest.raises(CommandFailed, match="ssh could not connect to box") as caught:
        made.run()
    assert caught.value.exit_code == 1


def test_a_daemon_without_an_extra_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is of an earlier version; ssh is not even started."""
    monkeypatch.setattr(module, "start_daemon", lambda _: None)
    tmp_path.chmod(0o700)
    environ = {"HOME": "/nowhere", "AIRCHER_SOCKET": str(tmp_path / "a.sock")}
    wishes = Wishes("box", [], False, None, None, None)
    made = Forwarder(Context(Console(), environ, None), wishes)  # type: ignore[arg-type]

    with pytest.raises(CommandFailed, match="of an earlier version") as caught:
        made.run()
    assert "a.extra.sock" in caught.value.message


def test_no_ssh(runs: Path) -> None:
    """The error names it."""
    del runs
    made = forwarder("", is_kept=False)
    made._command = ["/no/such/ssh"]
    with pytest.raises(CommandFailed, match="cannot run ssh: No such file"):
        made.run()


def test_a_pause_ends_at_a_signal() -> None:
    """The user does not wait for half a minute."""
    timer = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    assert wait_for_signal(60) == signal.SIGINT
    timer.join()
    assert wait_for_signal(0) is None
