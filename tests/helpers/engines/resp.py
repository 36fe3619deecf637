"""Commands for an engine, over its Unix socket and without a client library."""

import socket
from pathlib import Path
from typing import BinaryIO

SECONDS = 10.0


class CommandFailed(Exception):
    """The engine's own words."""


def ask(path: Path, *commands: tuple[str | bytes | float, ...]) -> object:
    """Return the reply to the last command: a text, a number, None, or a list of them.

    Raises:
        CommandFailed: One was refused.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(SECONDS)
        connection.connect(str(path))
        connection.sendall(b"".join(_packed(command) for command in commands))
        with connection.makefile("rb") as answers:
            return [_read(answers) for _ in commands][-1]


def _packed(command: tuple[str | bytes | float, ...]) -> bytes:
    words = [word if isinstance(word, bytes) else str(word).encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words)


def _read(answers: BinaryIO) -> object:
    line = answers.readline()[:-2]
    kind, rest = line[:1], line[1:]
    if kind == b"-":
        raise CommandFailed(rest.decode())
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return answers.read(int(rest) + 2)[:-2].decode(errors="replace") if rest != b"-1" else None
    if kind == b"*":
        return [_read(answers) for _ in range(int(rest))]
    if kind == b"+":
        return rest.decode()
    raise ConnectionError(f"the engine has ended the connection: {line!r}")
