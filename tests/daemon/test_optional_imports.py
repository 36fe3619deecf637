"""What the daemon's libraries import only because it is installed stays out of the daemon."""

import importlib.util
import subprocess
import sys

import pytest

from aircherd.optional_imports import LATER, UNUSED


def _run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout


@pytest.mark.parametrize("name", [*UNUSED, LATER])
def test_the_daemon_does_not_import_it(name):
    """It is installed here, as it is for everyone who installs aircher."""
    assert importlib.util.find_spec(name) is not None
    assert _run(f"import sys, aircherd.__main__; print({name!r} in sys.modules)") == "False\n"


def test_structlog_has_no_tracebacks_with_local_variables():
    """They could contain a key; `rich` would bring them."""
    program = "import aircherd.__main__, structlog.dev; print(structlog.dev.rich)"
    assert _run(program) == "None\n"


def test_awaited_log_methods_work():
    """The daemon calls none; their module is loaded by the first use, and is the only one."""
    program = """\
import aircherd.optional_imports, structlog, structlog._native, asyncio, threading
structlog.configure(logger_factory=structlog.PrintLoggerFactory())
asyncio.run(structlog.get_logger().ainfo("written"))
print(structlog._native.asyncio.Task is asyncio.Task)
"""
    written, is_same = _run(program).splitlines()
    assert "written" in written
    assert is_same == "True"


def test_it_can_be_imported_afterwards():
    """Nothing stays hidden from code that needs it."""
    assert _run("import aircherd.optional_imports, rich.console; print('ok')") == "ok\n"
