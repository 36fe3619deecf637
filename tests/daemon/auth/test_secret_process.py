"""Short-lived processes: limited in time and output, and gone afterwards."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import trio
import trio.testing

from aircherd.auth import secret_process
from aircherd.auth.secret_process import ProcessResult, run_secret_process

# Writes its process id to a file and never exits; neither does its own child.
NEVER_ENDS = """
import os, subprocess, sys, time
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
with open(sys.argv[1] + ".part", "w") as file:
    file.write(f"{os.getpid()} {inner.pid}")
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(1000)
"""


async def run(code, *arguments, stdin=b"", seconds=30.0, max_output=1000, environ=None):
    return await run_secret_process(
        [sys.executable, "-c", code, *arguments],
        environ=os.environ if environ is None else environ,
        stdin=stdin,
        seconds=seconds,
        max_output=max_output,
    )


def is_alive(pid):
    """Return whether the process exists; a zombie counts as dead."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def wait_for_file(path):
    """Wait in real time, even under a mock clock; pytest's timeout ends it."""
    while not path.exists():
        await trio.to_thread.run_sync(time.sleep, 0.01)
    return [int(pid) for pid in path.read_text().split()]


async def wait_until_gone(pids):
    while any(map(is_alive, pids)):
        await trio.to_thread.run_sync(time.sleep, 0.01)
    return True


async def test_input_output_and_exit_status():
    """Standard input is passed, standard output and the exit status are returned."""
    code = "import sys; print(sys.stdin.read().upper(), end=''); sys.exit(3)"
    assert await run(code, stdin=b"hello") == ProcessResult(3, b"HELLO")


async def test_process_gets_only_the_given_environment():
    """Not the daemon's own."""
    code = "import os; print(sorted(n for n in os.environ if n != 'LC_CTYPE'), end='')"
    assert await run(code, environ={"ONE": "1"}) == ProcessResult(0, b"['ONE']")


async def test_process_that_ignores_its_input_is_no_error():
    """It may exit without having read anything."""
    code = "import os; os.close(0); print('done', end='')"
    assert await run(code, stdin=b"x" * 8000) == ProcessResult(0, b"done")


async def test_standard_error_is_discarded(capfd):
    """It may contain a secret."""
    await run("import sys; sys.stderr.write('canary')")
    assert capfd.readouterr() == ("", "")


async def test_process_that_writes_too_much_is_killed():
    """Little of its output is kept in memory."""
    code = "import sys\nwhile True: sys.stdout.write('x' * 1000)"
    assert await run(code) == ProcessResult(None)


async def test_timeout_kills_the_process_and_its_children(tmp_path, mock_clock):
    """Nothing of it is left."""
    path, results = tmp_path / "pids", []

    async def run_it():
        results.append(await run(NEVER_ENDS, str(path), seconds=60))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_it)
        pids = await wait_for_file(path)
        mock_clock.jump(61)
    assert results == [ProcessResult(None, is_late=True)]
    assert await wait_until_gone(pids)


async def test_cancellation_kills_the_process_and_its_children(tmp_path):
    """The caller may leave at any time."""
    path = tmp_path / "pids"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, NEVER_ENDS, str(path))
        pids = await wait_for_file(path)
        assert [is_alive(pid) for pid in pids] == [True, True]
        nursery.cancel_scope.cancel()
    assert await wait_until_gone(pids)


LEAVES_A_CHILD = ["sh", "-c", 'sleep 77 & echo "$!" >"$0"; echo KEY']


async def test_background_child_is_killed_and_not_waited_for(tmp_path):
    """It keeps the output open and would never exit."""
    path = tmp_path / "pid"
    with trio.fail_after(20):
        result = await run_secret_process(
            [*LEAVES_A_CHILD, str(path)], environ=os.environ, seconds=60, max_output=100
        )
    assert result == ProcessResult(0, b"KEY\n")
    assert await wait_until_gone(await wait_for_file(path))


async def test_output_written_just_before_the_exit_is_not_lost(monkeypatch):
    """Even if the exit is noticed before the output is read, and a child keeps the pipe open."""
    monkeypatch.setattr(secret_process, "DRAIN_SECONDS", 0)
    monkeypatch.setattr(secret_process, "READ_SIZE", 1)  # so slowly that the exit is noticed first
    code = (
        "import os, subprocess, sys\n"
        "subprocess.Popen(['sleep', '77'])\n"
        "os.write(1, b'x' * 20000)\n"
        "os._exit(0)"
    )
    assert await run(code, max_output=20000) == ProcessResult(0, b"x" * 20000)


@pytest.mark.parametrize("left", ["", "import subprocess; subprocess.Popen(['sleep', '77']); "])
async def test_group_is_killed_before_the_child_is_reaped(monkeypatch, left):
    """After that its process id is free, and may belong to another group."""
    states, killpg = [], os.killpg

    def watched(group, number):
        states.append(Path(f"/proc/{group}/stat").read_text().rpartition(")")[2].split()[0])
        killpg(group, number)

    monkeypatch.setattr(os, "killpg", watched)
    assert await run(left + "print('done', end='')") == ProcessResult(0, b"done")
    assert states == ["Z"]


async def test_output_of_a_process_of_another_user_is_returned(monkeypatch):
    """For example under sudo, where its group cannot be killed."""

    def forbidden(group, number):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "killpg", forbidden)
    assert await run("print('done', end='')") == ProcessResult(0, b"done")


async def test_timed_out_process_of_another_user_is_not_waited_for(
    tmp_path, monkeypatch, mock_clock
):
    """It cannot be killed; it is reaped whenever it exits."""
    path, results, killpg = tmp_path / "pids", [], os.killpg

    def forbidden(group, number):
        raise PermissionError(1, "Operation not permitted")

    async def run_it():
        results.append(await run(NEVER_ENDS, str(path), seconds=60))

    monkeypatch.setattr(os, "killpg", forbidden)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_it)
        pids = await wait_for_file(path)
        mock_clock.jump(61)
    assert results == [ProcessResult(None, is_late=True)]
    killpg(pids[0], signal.SIGKILL)
    assert await wait_until_gone(pids)
    while os.path.exists(f"/proc/{pids[0]}"):  # noqa: ASYNC240, PTH110 - a zombie until it is reaped
        await trio.to_thread.run_sync(time.sleep, 0.01)


async def test_time_without_a_processor_does_not_count(monkeypatch, mock_clock, tmp_path):
    """On a busy machine a program may not even start within its time; but there is a limit."""
    waited, path, results = [5.0], tmp_path / "pids", []
    monkeypatch.setattr(secret_process, "_starved_seconds", lambda _: waited[0])

    async def run_it():
        results.append(await run(NEVER_ENDS, str(path), seconds=60))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_it)
        pids = await wait_for_file(path)
        mock_clock.jump(64)
        await trio.testing.wait_all_tasks_blocked()
        assert results == []
        waited[0] = 1000.0
        mock_clock.jump(2)  # to 66, where the first extension has ended
        await trio.testing.wait_all_tasks_blocked()
        assert results == []
        mock_clock.jump(secret_process.MAX_STARVED)
    assert results == [ProcessResult(None, is_late=True)]
    assert await wait_until_gone(pids)


def test_waiting_for_a_processor_is_known_from_the_system():
    """In seconds; 0 for a process that is gone."""
    assert secret_process._starved_seconds(os.getpid()) > 0
    assert secret_process._starved_seconds(2**30) == 0


async def test_with_input_there_is_no_pipe_that_others_could_open():
    """A pipe can be opened again through /proc, and then a key be read from it; a socket cannot."""
    code = "import os; print(*(os.readlink(f'/proc/self/fd/{n}')[:6] for n in (0, 1)))"
    assert (await run(code, stdin=b"secret")).output == b"socket socket\n"
    assert (await run(code, stdin=None)).output == b"/dev/n pipe:[\n"


@pytest.mark.parametrize(
    "error", [OSError(22, "Invalid argument"), RuntimeError("can't start new thread")]
)
async def test_process_that_cannot_be_waited_for_is_an_error_of_the_system(monkeypatch, error):
    """Not a group of errors, which no caller expects; and the process is gone."""

    async def fail(*_, **__):
        raise error

    monkeypatch.setattr(secret_process, "_wait_for_exit", fail)
    with pytest.raises(OSError, match=str(error.args[-1])):
        await run("import time; time.sleep(1000)")


async def test_missing_program_raises_oserror():
    """The caller turns it into a message."""
    with pytest.raises(OSError, match="No such file"):
        await run_secret_process(["/no/such"], environ={}, seconds=1, max_output=1)


async def test_no_file_descriptor_stays_open():
    """However the process ended."""
    await run("pass")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the shortest way
    await run("pass")
    await run("print('x' * 100000)")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - as above


def test_repr_does_not_show_the_output():
    """It usually is a secret."""
    assert repr(ProcessResult(0, b"canary")) == "ProcessResult(status=0, 6 bytes)"
