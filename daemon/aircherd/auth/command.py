"""Read a key from the user's command: `key_command = ["op", "read", "..."]`."""

from collections.abc import Mapping, Sequence

from aircherd.auth.key_format import MAX_KEY, check_key
from aircherd.auth.secret_process import run_secret_process
from aircherd.errors import BadRequest
from aircherd.vocabulary.secret import Secret

COMMAND_SECONDS = 10.0
"""Timeout: enough for a password manager that contacts its server, bearable for one request."""


class KeyCommandFailed(Exception):
    """A key command gave no key; the message contains nothing of its output."""


async def run_key_command(
    command: Sequence[str], environ: Mapping[str, str], seconds: float = COMMAND_SECONDS
) -> Secret:
    """Run `command` and return the key it prints.

    It gets an empty standard input and no terminal, so it cannot prompt.

    Raises:
        KeyCommandFailed: it cannot be started, fails, times out, or prints no key.
    """
    program = command[0]
    try:
        result = await run_secret_process(
            command, environ=environ, seconds=seconds, max_output=MAX_KEY + 1024
        )
    except OSError as error:
        raise KeyCommandFailed(f"{program} cannot be started: {error.strerror}") from error
    if result.status is None:
        raise KeyCommandFailed(f"{program} took longer than {seconds:g} s, or printed too much")
    if result.status != 0:
        raise KeyCommandFailed(
            f"{program} failed with exit status {result.status}; run it yourself to see why"
        )
    return _parse_output(program, result.output)


def _parse_output(program: str, output: bytes) -> Secret:
    try:
        return check_key(output.decode("ascii", "replace"))
    except BadRequest as error:
        raise KeyCommandFailed(f"the output of {program} is not a key: {error.message}") from None
