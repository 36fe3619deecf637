"""A key that a command prints."""

import sys
import traceback

import pytest

from aircherd.auth.command import CommandFailed, read_from_command
from aircherd.vocabulary.secret import Secret


def python(code):
    return [sys.executable, "-c", code]


async def test_its_output_is_the_key():
    """Without the line's end that every command prints."""
    assert await read_from_command(["echo", "canary-0123"], {"PATH": "/bin:/usr/bin"}) == Secret(
        "canary-0123"
    )


async def test_it_sees_the_environment():
    """Password managers need HOME, a session, a socket."""
    code = "import os; print(os.environ['TOKEN'])"
    assert await read_from_command(python(code), {"TOKEN": "canary-0123"}) == Secret("canary-0123")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["/no/such/program"], "cannot be started"),
        (python("import sys; print('canary'); sys.exit('canary')"), "exit status 1"),
        (python("pass"), "empty"),
        (python("print('canary one')"), "white space"),
        (python("print('canary\\none')"), "white space"),
        (python("print('canary-\\u00fc')"), "not a key"),
        (python("while True: print('canary' * 1000)"), "no end of text"),
        (python("input('canary? ')"), "exit status 1"),
    ],
)
async def test_what_goes_wrong_is_said_without_its_output(command, message):
    """Neither standard output nor standard error, in the message or behind it."""
    with pytest.raises(CommandFailed, match=message) as caught:
        await read_from_command(command, {"PYTHONUTF8": "1"})
    shown = "".join(traceback.format_exception(caught.value, chain=True))
    assert "canary" not in str(caught.value)
    assert "canary" not in shown.replace(repr(command), "")


async def test_one_that_hangs_is_given_up(autojump_clock):
    """A password manager may wait for a fingerprint for ever."""
    with pytest.raises(CommandFailed, match="longer than 10 s"):
        await read_from_command(python("import time; time.sleep(1000)"), {})
