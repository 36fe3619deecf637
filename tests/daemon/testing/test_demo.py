"""The demo shows the main features, says that it is simulated, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def machine():
    """A temporary directory for the demo, and a home that it must not touch."""
    with tempfile.TemporaryDirectory(prefix="air") as root:
        folders = {name: Path(root) / name for name in ("tmp", "home")}
        for folder in folders.values():
            folder.mkdir()
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folders["home"]),
            "TMPDIR": str(folders["tmp"]),
            "LANG": "C.UTF-8",
            "ANTHROPIC_API_KEY": "canary-real-key-0123456789",
            "OPENAI_API_KEY": "canary-real-key-0123456789",
        }
        yield folders, environ


def left_behind(folders):
    return [path for folder in folders.values() for path in folder.rglob("*")]


def test_the_demo_runs_and_leaves_nothing_behind(machine):
    """A reply, a refused key, a rate limit, the cheapest first, a used-up budget, and the usage."""
    folders, environ = machine
    done = subprocess.run(
        [sys.executable, "-m", "aircher_cli", "demo"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "SIMULATED" in done.stdout
    assert done.stdout.count("Sunlight has all colours in it.") == 5
    assert "alpha/claude-sonnet-5 (key default) answered" in done.stderr
    assert "trying beta/gpt-5.5" in done.stderr
    assert "rejected" in done.stdout
    assert "rate limit reached (HTTP 429)" in done.stderr
    assert "1. beta/gpt-5.5" in done.stdout
    assert "limit reached: beta: 0.001 USD a day" in done.stderr
    assert re.search(r"^total +7 .*\$0\.0015$", done.stdout, re.MULTILINE)
    assert left_behind(folders) == []
    # The user's own keys do not appear.
    assert "canary-real-key" not in done.stdout + done.stderr


def test_ctrl_c_leaves_nothing_behind(machine):
    """At any step; the exit code is 130, without a traceback."""
    folders, environ = machine
    with subprocess.Popen(
        [sys.executable, "-m", "aircherd.testing.demo"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as demo:
        while "Ask." not in demo.stdout.readline():
            pass
        os.killpg(demo.pid, signal.SIGINT)
        out, err = demo.communicate(timeout=50)
    assert (demo.returncode, "Traceback" in out + err) == (130, False)
    assert left_behind(folders) == []


def test_a_reader_that_leaves_ends_the_demo(machine):
    """As `| head` does: exit code 141, without a traceback."""
    folders, environ = machine
    with subprocess.Popen(
        [sys.executable, "-m", "aircherd.testing.demo"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        demo.stdout.readline()
        demo.stdout.close()
        err = demo.stderr.read()
        assert (demo.wait(timeout=50), "Traceback" in err, "failed" in err) == (141, False, False)
    assert left_behind(folders) == []
