"""Keys from a command."""

import sys
import traceback

import pytest

from aircherd.auth.command import KeyCommandFailed, hide_program, run_key_command
from aircherd.vocabulary.secret import Secret


def python(code):
    return [sys.executable, "-c", code]


async def test_output_is_the_key():
    """Without the trailing newline."""
    assert await run_key_command(["echo", "canary-0123"], {"PATH": "/bin:/usr/bin"}) == Secret(
        "canary-0123"
    )


async def test_command_gets_the_environment():
    """Password managers need HOME, a session, a socket."""
    code = "import os; print(os.environ['TOKEN'])"
    assert await run_key_command(python(code), {"TOKEN": "canary-0123"}) == Secret("canary-0123")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["/no/such/program"], "cannot be started: No such file or directory$"),
        (["no-such-program"], "cannot be started: .*; the daemon's PATH may differ"),
        (python("import os; os.kill(os.getpid(), 9)"), "ended by signal 9$"),
        (python("print('\"canary\"')"), "is not a key: there is a quotation mark around it"),
        (python("import sys; print('canary'); sys.exit('canary')"), "exit status 1"),
        (python("pass"), "empty"),
        (python("print('canary one')"), "white space"),
        (python("print('canary\\none')"), "white space"),
        (python("print('canary-\\u00fc')"), "not a key"),
        (python("while True: print('canary' * 1000)"), "printed too much"),
        (python("input('canary? ')"), "exit status 1"),
    ],
)
async def test_failure_is_reported_without_the_output(command, message):
    """Neither the message nor its traceback has anything of standard output or standard error."""
    with pytest.raises(KeyCommandFailed, match=message) as caught:
        await run_key_command(command, {"PYTHONUTF8": "1"})
    shown = "".join(traceback.format_exception(caught.value, chain=True))
    assert "canary" not in str(caught.value)
    hidden = hide_program(str(caught.value), command[0])
    assert command[0] not in hidden
    assert "key_command" in hidden
    assert "canary" not in shown.replace(repr(command), "")


async def test_hanging_command_times_out(autojump_clock):
    """A password manager may wait forever for a fingerprint."""
    with pytest.raises(KeyCommandFailed, match="longer than 10 s") as caught:
        await run_key_command(python("import time; time.sleep(1000)"), {})
    hidden = hide_program(str(caught.value), python("")[0])
    assert hidden == "key_command took longer than 10 s"
