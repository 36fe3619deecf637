"""The command `aircherd`: its options, its exit codes, what it says when it cannot start."""

import os
import subprocess
import sys
import tempfile

import pytest


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
