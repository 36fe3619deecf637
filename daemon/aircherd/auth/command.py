"""A key that a command of the user's prints: `key_command = ["op", "read", "..."]`."""

from collections.abc import Mapping, Sequence

from aircherd.auth.key_format import MAX_KEY, check_key
from aircherd.auth.secret_process import run_child
from aircherd.errors import BadRequest
from aircherd.vocabulary.secret import Secret

COMMAND_SECONDS = 10.0
"""Long enough for a password manager that asks its server, short enough for one request to wait."""


class CommandFailed(Exception):
    """A key command gave no key; the message never has anything of its output."""


async def read_from_command(
    command: Sequence[str], environ: Mapping[str, str], seconds: float = COMMAND_SECONDS
) -> Secret:
    """Run `command` and return the key it prints.

    It gets an empty standard input and no terminal: it cannot ask the user anything.

    Raises:
        CommandFailed: no such program, an exit status, too late, or no key in what it printed.
    """
    program = command[0]
    try:
        result = await run_child(
            command, environ=environ, seconds=seconds, max_output=MAX_KEY + 1024
        )
    except OSError as error:
        raise CommandFailed(f"{program} cannot be started: {error.strerror}") from error
    if result.status is None:
        raise CommandFailed(f"{program} took longer than {seconds:g} s, or printed no end of text")
    if result.status != 0:
        raise CommandFailed(f"{program} failed with exit status {result.status}; run it by hand")
    return _key_in(program, result.output)


def _key_in(program: str, output: bytes) -> Secret:
    try:
        return check_key(output.decode("ascii", "replace"))
    except BadRequest as error:
        raise CommandFailed(f"what {program} printed is not a key: {error.message}") from None
