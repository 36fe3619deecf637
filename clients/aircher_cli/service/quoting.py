"""Writes values into unit files so that systemd reads them unchanged (systemd.syntax(7))."""

from aircher_cli.exit_codes import CommandFailed

_GLOB = str.maketrans({character: f"\\{character}" for character in "\\*?["})
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
    """Return the value of an ExecStart=.

    In arguments `$` starts a variable, in the program's path it does not. The program is its own
    first argument, and Python finds its virtual environment by that, so it is written twice then.
    """
    rest = [word(text).replace("$", "$$") for text in arguments]
    if "$" in program:
        return " ".join([f"@{word(program)}", word(program).replace("$", "$$"), *rest])
    return " ".join([word(program), *rest])


def _check(text: str) -> None:
    if not text.isprintable():  # also true for bytes that are not UTF-8
        raise CommandFailed(
            f"systemd cannot use the path {text!a}: it has characters that no unit file can "
            "hold. Rename the directory"
        )
