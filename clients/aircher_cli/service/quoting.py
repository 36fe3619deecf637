"""Writes values into unit files so that systemd reads them unchanged (systemd.syntax(7))."""

from aircher_cli.exit_codes import CommandFailed

_GLOB = str.maketrans({character: f"\\{character}" for character in "\\*?["})
_ODD = frozenset("\"'\\$")
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@+=:,./-~")


def whole_value(text: str) -> str:
    """Return a value that takes the rest of a line: only `%` is special.

    Raises:
        CommandFailed: it cannot be written in a unit file.
    """
    _check(text)
    if text != text.strip() or text.endswith("\\"):
        raise CommandFailed(f"systemd cannot use the path {text!r}: rename the directory")
    return text.replace("%", "%%")


def pattern(path: str) -> str:
    """Return the path of an EnvironmentFile=, which systemd reads as a pattern."""
    return whole_value(path.translate(_GLOB))


def word(text: str) -> str:
    """Return one word of a list, in quotes if it needs them."""
    _check(text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return escaped if text and _SAFE.issuperset(text) else f'"{escaped}"'


def command_line(program: str, *arguments: str) -> str:
    """Return the value of an ExecStart=, which runs `program` in the process that systemd starts.

    systemd refuses quotes and backslashes in the path of a program, though not in arguments, and
    reads `$` differently in the two. So a shell starts such a program.
    """
    words = [program, *arguments]
    if not _ODD.isdisjoint(program):
        words = ["/bin/sh", "-c", 'exec "$0" "$@"', *words]
    return " ".join(word(text).replace("$", "$$") for text in words)


def _check(text: str) -> None:
    if not text.isprintable():  # also true for bytes that are not UTF-8
        raise CommandFailed(
            f"systemd cannot use the path {text!a}: it has characters that no unit file can "
            "hold. Rename the directory"
        )
