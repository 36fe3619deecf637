"""Short-lived processes: bounded in time and size, gone afterwards."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import trio

from aircherd.auth.child import ChildResult, run_child

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
