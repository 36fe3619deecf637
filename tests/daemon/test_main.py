"""The command `aircherd`: its options, its exit codes, and its messages if it cannot start."""

import gc
import os
import subprocess
import sys
import tempfile

import pytest
import trio

import aircherd.__main__ as main_module
from aircherd.process.loop_guard import EXIT_BROKEN

NO_BUS = {"DBUS_SESSION_BUS_ADDRESS": "disabled:"}  # not the user's own keyring


@pytest.fixture
def root():
    """A home for one test."""
    with tempfile.TemporaryDirectory(prefix="air") as path:
        yield path


def aircherd(root, *arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "aircherd", *arguments],
        env={
            "PATH": os.environ["PATH"],
            "HOME": root,
            "XDG_RUNTIME_DIR": root,
            **NO_BUS,
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_help_describes_the_daemon_and_its_socket(root):
    """Exit 0."""
    done = aircherd(root, "--help")
    assert (done.returncode, "AIRCHER_SOCKET" in done.stdout) == (0, True)


def test_unknown_option_is_invalid_usage(root):
    """Exit 2."""
    assert aircherd(root, "--nonsense").returncode == 2


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"AIRCHER_SOCKET": "/" + "x" * 120}, "107"),
        ({"AIRCHER_SOCKET": "/dev/null/x.sock"}, "/dev/null"),
        ({"XDG_DATA_HOME": "/dev/null"}, "/dev/null"),
    ],
)
def test_start_error_is_a_message_and_not_a_traceback(root, environ, message):
    """Exit 1."""
    done = aircherd(root, **environ)
    assert done.returncode == 1
    assert done.stderr.startswith("aircherd: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_garbage_collection_is_tuned():
    """It runs less often, and skips objects that existed when the daemon was ready."""
    thresholds = gc.get_threshold()
    try:
        main_module._tune_garbage_collection()
        assert gc.get_threshold()[0] == main_module.GC_THRESHOLD
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def test_memory_is_hidden_before_anything_else(monkeypatch):
    """Before it can contain a key."""
    done = []
    monkeypatch.setattr(main_module, "hide", lambda: done.append("hidden"))
    monkeypatch.setattr(main_module, "command_line_parser", lambda: done.append("parser") or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main_module.main()
    assert done == ["hidden", "parser"]


def test_a_failure_of_the_event_loop_itself_ends_the_process(monkeypatch):
    """Nothing is left that could close what is open."""

    def fail(*_):
        raise trio.TrioInternalError("internal error in Trio")

    codes = []
    monkeypatch.setattr(trio, "run", fail)
    monkeypatch.setattr(main_module.os, "_exit", codes.append)
    main_module._run(trio.sleep_forever)
    assert codes == [EXIT_BROKEN]
