"""Read a key from the user's command: `key_command = ["op", "read", "..."]`."""

import re
from collections.abc import Callable, Mapping, Sequence

from aircherd.auth.key_format import MAX_KEY, key_problem
from aircherd.auth.secret_process import run_secret_process
from aircherd.vocabulary.secret import Secret

COMMAND_SECONDS = 10.0
"""Timeout: enough for a password manager that contacts its server, bearable for one request."""


_AFTER = (
    *(" cannot be started", " took longer than ", " printed too much", " failed with exit status "),
    *(" was ended by signal ", " is not a key"),
)
"""What stands beside the program in the messages below."""


class KeyCommandFailed(Exception):
    """A key command gave no key; the message contains nothing of its output."""


async def run_key_command(
    command: Sequence[str],
    environ: Mapping[str, str],
    seconds: float = COMMAND_SECONDS,
    problem_of: Callable[[str], str | None] = key_problem,
) -> Secret:
    """Run `command` and return the key it prints; `problem_of` returns why a text is none.

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
        where = "; the daemon's PATH may differ from your shell's" if "/" not in program else ""
        raise KeyCommandFailed(f"{program} cannot be started: {error.strerror}{where}") from error
    if result.status is None:
        what = f"took longer than {seconds:g} s" if result.is_late else "printed too much"
        raise KeyCommandFailed(f"{program} {what}")
    if result.status != 0:
        if result.status < 0:
            raise KeyCommandFailed(f"{program} was ended by signal {-result.status}")
        raise KeyCommandFailed(f"{program} failed with exit status {result.status}")
    text = result.output.decode("ascii", "replace")
    if problem := problem_of(text):
        raise KeyCommandFailed(f"the output of {program} is not a key: {problem}")
    return Secret(text.strip())


def hide_program(text: str, program: str) -> str:
    """Return a text in which the messages of `KeyCommandFailed` do not name the program.

    Its name may be any word, such as `pass`, so it is replaced in these messages only.
    """
    if program not in text:
        return text
    after = "|".join(map(re.escape, _AFTER))
    return re.sub(rf"(?<![\w./-]){re.escape(program)}(?={after})", "key_command", text)
