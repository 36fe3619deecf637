"""Short-lived processes: bounded in time and size, gone afterwards."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import trio

from aircherd.auth import secret_process
from aircherd.auth.secret_process import ChildResult, run_child

# Says who it is in a file, then never ends; so does a child of its own.
NEVER_ENDS = """
import os, subprocess, sys, time
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
with open(sys.argv[1] + ".part", "w") as file:
    file.write(f"{os.getpid()} {inner.pid}")
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(1000)
"""


async def run(code, *arguments, given=b"", seconds=30.0, max_output=1000, environ=None):
    return await run_child(
        [sys.executable, "-c", code, *arguments],
        environ=os.environ if environ is None else environ,
        given=given,
        seconds=seconds,
        max_output=max_output,
    )


def is_alive(pid):
    """A zombie that waits for its parent counts as dead."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def wait_for_file(path):
    """Wait in real time, also where the test's clock stands still; pytest's timeout ends it."""
    while not path.exists():
        await trio.to_thread.run_sync(time.sleep, 0.01)
    return [int(pid) for pid in path.read_text().split()]


async def wait_until_gone(pids):
    while any(map(is_alive, pids)):
        await trio.to_thread.run_sync(time.sleep, 0.01)
    return True


async def test_it_hears_and_answers():
    """Standard input to standard output; the exit status comes with it."""
    code = "import sys; print(sys.stdin.read().upper(), end=''); sys.exit(3)"
    assert await run(code, given=b"hello") == ChildResult(3, b"HELLO")


async def test_it_sees_the_given_environment_only():
    """Not the daemon's own."""
    code = "import os; print(sorted(n for n in os.environ if n != 'LC_CTYPE'), end='')"
    assert await run(code, environ={"ONE": "1"}) == ChildResult(0, b"['ONE']")


async def test_one_that_does_not_listen_is_no_error():
    """It may end without having read anything."""
    code = "import os; os.close(0); print('done', end='')"
    assert await run(code, given=b"x" * 8000) == ChildResult(0, b"done")


async def test_its_standard_error_goes_nowhere(capfd):
    """Nobody knows what it quotes there."""
    await run("import sys; sys.stderr.write('canary')")
    assert capfd.readouterr() == ("", "")


async def test_one_that_writes_too_much_is_killed():
    """However fast it writes, we keep little of it."""
    code = "import sys\nwhile True: sys.stdout.write('x' * 1000)"
    assert await run(code) == ChildResult(None)


async def test_a_late_one_is_killed_with_what_it_started(tmp_path, mock_clock):
    """After its time nothing of it is left."""
    path, results = tmp_path / "pids", []

    async def run_it():
        results.append(await run(NEVER_ENDS, str(path), seconds=60))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_it)
        pids = await wait_for_file(path)
        mock_clock.jump(61)
    assert results == [ChildResult(None)]
    assert await wait_until_gone(pids)


async def test_cancelling_kills_it_with_what_it_started(tmp_path):
    """Whoever asked may go at any time."""
    path = tmp_path / "pids"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, NEVER_ENDS, str(path))
        pids = await wait_for_file(path)
        assert [is_alive(pid) for pid in pids] == [True, True]
        nursery.cancel_scope.cancel()
    assert await wait_until_gone(pids)


LEAVES_SOMETHING = ["sh", "-c", 'sleep 77 & echo "$!" >"$0"; echo KEY']


async def test_what_it_leaves_running_is_neither_waited_for_nor_left(tmp_path):
    """An agent in the background holds the output open; its end would never come."""
    path = tmp_path / "pid"
    with trio.fail_after(20):
        result = await run_child(
            [*LEAVES_SOMETHING, str(path)], environ=os.environ, seconds=60, max_output=100
        )
    assert result == ChildResult(0, b"KEY\n")
    assert await wait_until_gone(await wait_for_file(path))


async def test_what_was_written_just_before_the_end_is_not_lost(monkeypatch):
    """Even where the end is heard of before the output, and something holds it open."""
    monkeypatch.setattr(secret_process, "LAST_WORDS_SECONDS", 0)
    monkeypatch.setattr(secret_process, "READ_AT_ONCE", 1)  # so slowly that the end is there first
    code = (
        "import os, subprocess, sys\n"
        "subprocess.Popen(['sleep', '77'])\n"
        "os.write(1, b'x' * 20000)\n"
        "os._exit(0)"
    )
    assert await run(code, max_output=20000) == ChildResult(0, b"x" * 20000)


@pytest.mark.parametrize("left", ["", "import subprocess; subprocess.Popen(['sleep', '77']); "])
async def test_the_group_is_killed_before_the_child_is_reaped(monkeypatch, left):
    """Once it is reaped its number is free, and may be somebody else's group."""
    states, killpg = [], os.killpg

    def watched(group, number):
        states.append(Path(f"/proc/{group}/stat").read_text().rpartition(")")[2].split()[0])
        killpg(group, number)

    monkeypatch.setattr(os, "killpg", watched)
    assert await run(left + "print('done', end='')") == ChildResult(0, b"done")
    assert states == ["Z"]


async def test_one_that_ends_as_another_user_gives_its_output(monkeypatch):
    """As under sudo: the system forbids to kill its group, ended or not."""

    def forbidden(group, number):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "killpg", forbidden)
    assert await run("print('done', end='')") == ChildResult(0, b"done")


async def test_a_late_one_of_another_user_is_not_waited_for(tmp_path, monkeypatch, mock_clock):
    """It cannot be killed; nobody waits for it, and its end is not missed."""
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
    assert results == [ChildResult(None)]
    killpg(pids[0], signal.SIGKILL)
    assert await wait_until_gone(pids)
    while os.path.exists(f"/proc/{pids[0]}"):  # noqa: ASYNC240, PTH110 - a zombie until it is reaped
        await trio.to_thread.run_sync(time.sleep, 0.01)


async def test_no_such_program():
    """It is the caller's to say that in words."""
    with pytest.raises(OSError, match="No such file"):
        await run_child(["/no/such"], environ={}, seconds=1, max_output=1)


async def test_no_descriptor_stays_open():
    """However it ended."""
    await run("pass")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the shortest way
    await run("pass")
    await run("print('x' * 100000)")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - as above


def test_a_result_does_not_show_the_output():
    """It is a secret most of the time."""
    assert repr(ChildResult(0, b"canary")) == "ChildResult(status=0, 6 bytes)"
