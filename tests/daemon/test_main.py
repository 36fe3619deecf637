"""The command `aircherd`: its options, its exit codes, and its messages if it cannot start."""

import ctypes
import gc
import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import aircherd.__main__ as main_module

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


def _in_child(act):
    """Fork; the child drops root privileges and exits with the result of `act`."""
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        if os.getuid() == 0:
            os.setgid(12345)
            os.setuid(12345)
        code = act()
    finally:
        os._exit(code)


@pytest.mark.parametrize("hides", [True, False])
def test_other_programs_of_the_user_cannot_read_the_daemons_memory(hides):
    """Neither its environment, and it writes no core; without `_hide_memory` they could."""
    ready_out, ready_in = os.pipe()

    def daemon():
        ctypes.CDLL(None).prctl(main_module.PR_SET_DUMPABLE, 1, 0, 0, 0)
        if hides:
            main_module._hide_memory()
        os.write(ready_in, b"%d" % resource.getrlimit(resource.RLIMIT_CORE)[0])
        signal.pause()
        return 0

    victim = _in_child(daemon)
    try:
        core = os.read(ready_out, 20)

        def thief():
            try:
                Path(f"/proc/{victim}/environ").read_bytes()
            except PermissionError:
                return 13
            return 0

        _, status = os.waitpid(_in_child(thief), 0)
        assert os.waitstatus_to_exitcode(status) == (13 if hides else 0)
        assert core == b"0" or not hides
    finally:
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        os.close(ready_in)
        os.close(ready_out)


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
    monkeypatch.setattr(main_module, "_hide_memory", lambda: done.append("hidden"))
    monkeypatch.setattr(main_module, "command_line_parser", lambda: done.append("parser") or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main_module.main()
    assert done == ["hidden", "parser"]
