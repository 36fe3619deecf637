"""The log of a daemon without a supervisor: rotated by size, private, never the end of the daemon.

Each test runs in a process of its own, since standard output and standard error are redirected.
"""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aircherd.log_file import redirect_outputs

PROGRAM = """
import os, sys
from pathlib import Path
from aircherd.log_file import LogFile, redirect_outputs
from aircherd.logging_setup import LogOutput

path = Path({path!r})
redirect_outputs(path)
output = LogOutput()
output.rotate(LogFile(path, limit=100, interval={interval}))

def line(text):
    output.write(f"{{text:09}}\\n")

"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "aircherd.log"


def run(log: Path, program: str, *, interval: float = 1000) -> None:
    code = PROGRAM.format(path=str(log), interval=interval) + program
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def numbers(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()]


def test_a_log_is_rotated_while_the_daemon_runs(log: Path) -> None:
    """Two old files are kept; no line is lost before that, and all files are private."""
    run(log, "for n in range(45): line(n)")
    files = sorted(log.parent.iterdir())
    assert [file.name for file in files] == ["aircherd.log", "aircherd.log.1", "aircherd.log.2"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert [numbers(file) for file in files] == [
        list(range(40, 45)),
        list(range(30, 40)),
        list(range(20, 30)),
    ]


def test_a_log_that_is_large_at_the_start_is_rotated(log: Path) -> None:
    """What earlier daemons wrote counts."""
    log.write_text("0\n" * 60)
    run(log, "line(1); line(2)")
    assert numbers(log) == [2]
    assert numbers(log.with_name("aircherd.log.1"))[-1] == 1


def test_a_crash_is_in_the_new_file(log: Path) -> None:
    """Standard error itself is redirected, for what the interpreter or a library writes."""
    run(log, "for n in range(11): line(n)\nos.write(2, b'77')\nprint(88, flush=True)")
    assert log.read_text() == "000000010\n7788\n"


def test_a_log_that_was_moved_away_is_written_again(log: Path) -> None:
    """As logrotate does: at the next limit there is a new file, and the moved one is kept."""
    program = "for n in range(25):\n    line(n)\n    if n == 4: path.rename(path.parent / 'moved')"
    run(log, program)
    assert numbers(log.with_name("moved")) == list(range(10))
    assert numbers(log.with_name("aircherd.log.1")) == list(range(10, 20))
    assert numbers(log) == list(range(20, 25))


@pytest.mark.parametrize(
    "obstacle",
    [
        "os.mkdir(str(path) + '.new')",
        "os.mkdir(str(path) + '.1'); os.mkdir(str(path) + '.1/x')",
        "os.unlink(path); os.mkdir(path)",
    ],
)
def test_a_log_that_cannot_be_rotated_is_written_on(log: Path, obstacle: str) -> None:
    """The daemon goes on with the file that it has."""
    run(log, f"kept = os.dup(2)\n{obstacle}\nfor n in range(25): line(n)\nos.pread")
    assert log.exists()


def test_a_full_disk_does_not_end_the_daemon(log: Path) -> None:
    """Lines are lost, and nothing else happens."""
    run(log, "os.dup2(os.open('/dev/full', os.O_WRONLY), 2)\nfor n in range(25): line(n)")
    assert log.exists()


def test_a_symlink_is_not_followed(log: Path) -> None:
    """Nothing is written through a planted link."""
    log.symlink_to(log.parent / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        redirect_outputs(log)
    assert not (log.parent / "elsewhere").exists()


@pytest.mark.parametrize(
    "change",
    [
        "path.unlink()",
        "path.rename(path.parent / 'moved')",
        "path.unlink(); path.write_text('7\\n')",
        "import shutil; shutil.rmtree(path.parent)",
    ],
)
def test_a_log_that_is_not_at_its_path_is_noticed(log: Path, change: str) -> None:
    """Soon, not only at the next limit; what another program put there is kept, and is private."""
    log = log.parent / "state" / "aircherd.log"
    log.parent.mkdir()
    program = f"for n in range(8):\n    line(n)\n    if n == 4:\n        {change}"
    run(log, program, interval=0)
    assert numbers(log)[-2:] == [6, 7]
    assert ("7\n" in log.read_text().splitlines(keepends=True)) is ("write_text" in change)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) & 0o022 == 0


def test_a_pipe_is_not_waited_for(log: Path) -> None:
    """Without a reader it cannot be opened."""
    os.mkfifo(log)
    with pytest.raises(OSError, match="No such device"):
        redirect_outputs(log)
