"""Memory and environment of the daemon are hidden from the user's other programs."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aircherd.process import hiding

KEY = "canary-0123456789abcdef"


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
    """Neither its environment, and it writes no core; without `hide` they could."""
    ready_out, ready_in = os.pipe()

    def daemon():
        ctypes.CDLL(None).prctl(hiding.PR_SET_DUMPABLE, 1, 0, 0, 0)
        if hides:
            hiding.hide()
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


def test_variables_are_erased_from_what_the_system_shows():
    """Python and libraries written in C still have them; also root does not see them then."""
    code = (
        "import ctypes, os; from aircherd.process.hiding import erase; erase()\n"
        "libc = ctypes.CDLL(None); libc.getenv.restype = ctypes.c_char_p\n"
        "print(os.environ['WORK_KEY'], libc.getenv(b'WORK_KEY').decode(), libc.getenv(b'HOME'))\n"
        "print(open('/proc/self/environ', 'rb').read())"
    )
    environ = {"PATH": os.environ["PATH"], "HOME": "/h", "WORK_KEY": KEY, "EMPTY": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    known, shown = done.stdout.splitlines()
    assert known == f"{KEY} {KEY} b'/h'"
    assert KEY not in shown
    assert "HOME=/h" in shown


def test_children_of_a_process_that_erased_its_variables_get_them():
    """Those that it passes on."""
    code = (
        "import subprocess; from aircherd.process.hiding import erase; erase()\n"
        "print(subprocess.check_output(['sh', '-c', 'echo $WORK_KEY'], text=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "WORK_KEY": KEY},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == KEY
