"""The daemon hides before it imports what takes long."""

import subprocess
import sys
from pathlib import Path

import pytest

import aircherd.__main__ as main_module
from aircherd.process.hide_first import is_daemon


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (main_module.__file__, True),
        ("/home/me/.local/bin/aircherd", True),
        ("/usr/bin/pytest", False),
        ("-c", False),
        ("", False),
    ],
)
def test_only_the_daemon_is_hidden(program, expected):
    """Not the process of a test that imports it."""
    assert is_daemon(program) is expected


def test_nothing_slow_is_imported_before():
    """A test of the order: the time that the environment can be read depends on it."""
    code = (
        "import runpy, sys; sys.argv = ['aircherd', '--version']\n"
        "import aircherd.process.hiding as hiding\n"
        "hiding.hide = lambda: print('hidden', len({'trio', 'structlog', 'httpx', 'msgspec'} "
        "& sys.modules.keys()))\n"
        "runpy.run_module('aircherd', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[0] == "hidden 0"
    assert Path(main_module.__file__).name == "__main__.py"
