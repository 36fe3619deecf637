"""The command `aircherd`: its options, its exit codes, what it says when it cannot start."""

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


@pytest.fixture
def root():
    """A home of its own."""
    with tempfile.TemporaryDirectory(prefix="air") as path:
        yield path


def aircherd(root, *arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "aircherd", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": root, "XDG_RUNTIME_DIR": root, **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_help_tells_what_it_is_and_where_its_socket_is(root):
    """For a stranger."""
    done = aircherd(root, "--help")
    assert (done.returncode, "AIRCHER_SOCKET" in done.stdout) == (0, True)


def test_an_unknown_option_is_wrong_usage(root):
    """Exit 2."""
    assert aircherd(root, "--nonsense").returncode == 2


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"AIRCHER_SOCKET": "/" + "x" * 120}, "107"),
        ({"AIRCHER_SOCKET": "/dev/null/x.sock"}, "/dev/null"),
        ({"XDG_DATA_HOME": "/dev/null"}, "/dev/null"),
    ],
)
def test_what_keeps_it_from_starting_is_a_sentence_and_not_a_traceback(root, environ, said):
    """Exit 1."""
    done = aircherd(root, **environ)
    assert done.returncode == 1
    assert done.stderr.startswith("aircherd: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def _in_child(act):
    """Fork; the child, an ordinary user even if we are root, exits with what `act` returns."""
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
def test_the_users_other_programs_cannot_read_the_daemons_memory(hides):
    """Nor its environment, where keys may be; and it writes no core. Without it they could."""
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


def test_garbage_is_looked_for_less_often():
    """And never among what was there when the daemon was ready."""
    thresholds = gc.get_threshold()
    try:
        main_module._collect_less()
        assert gc.get_threshold()[0] == main_module.GC_THRESHOLD
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def test_memory_is_hidden_before_anything_else(monkeypatch):
    """Before a key could be in it."""
    done = []
    monkeypatch.setattr(main_module, "_hide_memory", lambda: done.append("hidden"))
    monkeypatch.setattr(main_module, "_parser", lambda: done.append("parser") or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main_module.main()
    assert done == ["hidden", "parser"]
