"""Settings for all tests."""

import contextlib
import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from aircherd.providers.error_mapping.pattern import compile_all

# On the first run hypothesis builds its tables while it draws, and the machine may be busy, so the
# duration of an example is meaningless.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A virtual clock does not wait for the thread that would do it on the first error.
compile_all()

# In the background of a script SIGINT and SIGQUIT are ignored, and under nohup SIGHUP. So they
# would be by every program that a test starts, and one that is to be ended by them would run on.
# What has a handler here is not ignored there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import a share of the test files first, each worker of xdist another one.

    All workers import all files. At its first import in a checkout a file is compiled, and its
    assertions are rewritten, which takes longer than all the rest: in one order, all workers would
    do it for every file. So when a worker comes to a file of another's share, that is done.
    """
    gc.disable()  # tests are kept to the end, so there is nothing to find
    worker = getattr(session.config, "workerinput", None)
    if worker is None:
        return
    files = sorted(file for path in session.config.args for file in _test_files(path))
    number = int(worker["workerid"].removeprefix("gw"))
    for file in files[number :: worker["workercount"]]:
        # What cannot be imported fails again, and is reported, when it is collected.
        with contextlib.suppress(pytest.Collector.CollectError):
            _ = pytest.Module.from_parent(session, path=file).obj


def _test_files(argument: str) -> Iterator[Path]:
    """Yield the test files of a folder of tests; none for any other argument of pytest."""
    folder = Path(argument).resolve()
    if folder.is_relative_to(Path(__file__).parent):
        yield from folder.rglob("test_*.py")


def pytest_collection_finish() -> None:
    """Look for garbage again."""
    gc.enable()
