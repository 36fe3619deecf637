"""Completion scripts at the usual places, and the lines in the shell's start files.

A script that `aircher-cli completion` has printed is aircher's. Start files are the user's own: the
lines that name the command are shown, and never changed.
"""

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from aircher_wire import address

MAX_BYTES = 1024 * 1024
COMMAND = "aircher-cli"
SCRIPT_MARK = "_ARGCOMPLETE"
"""What each script of `aircher-cli completion` has beside the command's name."""

START_FILES = (
    *(".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".config/fish/config.fish"),
)


def find_completions(environ: Mapping[str, str]) -> list[Path]:
    """Return the completion scripts of ours; a link is not ours.

    Raises:
        AddressError: no home directory can be found.
    """
    home = Path(address.user_home(environ))
    config = _base(environ, "XDG_CONFIG_HOME", home / ".config")
    data = _base(environ, "XDG_DATA_HOME", home / ".local/share")
    places = (
        config / "fish/completions/aircher-cli.fish",
        data / "bash-completion/completions/aircher-cli",
        data / "zsh/site-functions/_aircher-cli",
        home / ".zfunc/_aircher-cli",
    )
    return [path for path in places if _is_script(path)]


def find_lines(environ: Mapping[str, str]) -> Iterator[tuple[Path, int]]:
    """Yield each line of a start file that names the command, with its number.

    Raises:
        AddressError: no home directory can be found.
    """
    home = Path(address.user_home(environ))
    for path in (home / name for name in START_FILES):
        for number, line in enumerate(_read(path).splitlines(), 1):
            if COMMAND in line and not line.lstrip().startswith("#"):
                yield path, number


def _base(environ: Mapping[str, str], name: str, default: Path) -> Path:
    named = environ.get(name, "")
    return Path(named) if named.startswith("/") else default


def _is_script(path: Path) -> bool:
    text = "" if path.is_symlink() else _read(path)
    return COMMAND in text and SCRIPT_MARK in text


def _read(path: Path) -> str:
    """Return the text of a file; nothing if it is none, or too large for a script."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
