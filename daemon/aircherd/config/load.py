"""Load a file or a text into a validated `Config`, or report all its problems."""

import os
import stat
from pathlib import Path

import msgspec

from aircher_wire.owners import find_open_parent
from aircherd.config.model import DEFAULT_CONFIG, Config
from aircherd.config.problems import WHOLE_FILE, Problem, ProblemCollector, config_error
from aircherd.config.schema import explain_unknown
from aircherd.config.sections.top_level import read_config
from aircherd.config.toml.reader import read_toml
from aircherd.errors import ConfigInvalid

MAX_BYTES = 64 * 1024
"""A larger file cannot be a configuration."""

_TOO_LARGE = "is larger than 64 KiB"
_WRONG_FILE = "this is probably not a config file: check its path"


class Checked(msgspec.Struct, frozen=True):
    """A configuration that was read.

    - `problem` is None if it is valid.
    - `config` is then the configuration; else what can be used of it, with `refused`, or None if
      that is nothing.
    - `roles` is then the built-in configuration, with what clients may do until there is another.
    """

    config: Config | None
    problem: ConfigInvalid | None = None
    roles: Config | None = None

    @property
    def valid(self) -> Config:
        """The configuration.

        Raises:
            ConfigInvalid: it is invalid.
        """
        if self.problem is not None:
            raise ConfigInvalid(self.problem.message, **self.problem.data)
        assert self.config is not None
        return self.config


def check_file(path: Path) -> Checked:
    """Read and check the file; if there is none, the built-in configuration is used."""
    try:
        text = read_text_of(path)
    except ConfigInvalid as error:
        return _unusable(error, None)
    return Checked(DEFAULT_CONFIG) if text is None else check_text(text, file=str(path))


def check_text(text: str, *, file: str) -> Checked:
    """Check a text, as `parse_config`, which has the arguments."""
    try:
        _check_encoding(text, file)
        data = read_toml(text, file=file)
    except ConfigInvalid as error:
        return _unusable(error, text)
    report = ProblemCollector(file, text.removeprefix("\ufeff"), explain_unknown)
    config = read_config(report, data, Path(file).parent)
    problem = report.error()
    if problem is None:
        return Checked(config)
    from aircherd.config.old_form import is_old_form, old_form_error  # noqa: PLC0415 - as below
    from aircherd.config.salvage import roles_of, salvage  # noqa: PLC0415 - most files are valid

    if is_old_form(data):
        problem = old_form_error(file)
        return Checked(None, problem, roles_of(config, data, problem.message))
    usable = salvage(config, data, report.found) if report.found is not None else None
    return Checked(usable, problem, None if usable else roles_of(config, data, problem.message))


def _unusable(error: ConfigInvalid, text: str | None) -> Checked:
    from aircherd.config.salvage import roles_of_text  # noqa: PLC0415 - most files are valid

    # A copy: a raised error references its frames, and they hold the file's text.
    problem = ConfigInvalid(error.message, **error.data)
    return Checked(None, problem, roles_of_text(text, error.message))


def load_config(path: Path) -> Config:
    """Load the file; if there is none, return the built-in configuration.

    Raises:
        ConfigInvalid: the file cannot be read or is invalid. `data` has `file` and `problems`, a
            list of {file, line, path, message, hint?}; `line` is 0 for a problem with the file as
            a whole.
    """
    return check_file(path).valid


def read_text_of(path: Path) -> str | None:
    """Return the file's text, None if there is no file.

    Raises:
        ConfigInvalid: the file cannot be read, or other users could have written it.
    """
    data = _read_bytes(path)
    return None if data is None else _decode(data, str(path))


def parse_config(text: str, *, file: str) -> Config:
    """Validate a text. `file` is its name in problems; relative paths start at its directory.

    Raises:
        ConfigInvalid: as for `load_config`. No problem repeats a value from the text.
    """
    return check_text(text, file=file).valid


def _read_bytes(path: Path) -> bytes | None:
    """Return the content of the file, None if there is none."""
    try:
        # Checked before it is opened: opening a named pipe would block.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable(
                str(path), "is not a file", "a directory, device or pipe cannot be a config"
            )
        with path.open("rb") as file:
            _check_trust(path, os.fstat(file.fileno()))
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if path.is_symlink():
            raise _unreadable(
                str(path), "is a link to a file that does not exist", "fix or remove the link"
            ) from None
        return None
    except OSError as error:
        raise _unreadable(
            str(path), f"cannot be read: {error.strerror}", "check the file and its directory"
        ) from None
    if len(data) > MAX_BYTES:
        raise _unreadable(str(path), _TOO_LARGE, _WRONG_FILE)
    return data


def _check_trust(path: Path, found: os.stat_result) -> None:
    """Refuse an opened file that other users could have written, or put in its place."""
    uid = os.geteuid()
    if open_parent := find_open_parent(str(path), uid):
        why, cure = open_parent
        raise _unreadable(str(path), f"can be replaced by other users: {why}", cure)
    if found.st_uid == uid and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return
    from aircherd.config.ownership import distrust_reason  # noqa: PLC0415 - rarely needed

    if reason := distrust_reason(path, found, uid):
        raise _unreadable(str(path), *reason)


def _decode(data: bytes, file: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    # Outside the handler: the error holds the whole text.
    raise _bad_encoding(file, line)


def _check_encoding(text: str, file: str) -> None:
    """Refuse text that is too large, or contains lone surrogates (invalid UTF-8 from the wire)."""
    if len(text) > MAX_BYTES:  # before it is encoded
        raise _unreadable(file, _TOO_LARGE, _WRONG_FILE)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
    else:
        if size > MAX_BYTES:
            raise _unreadable(file, _TOO_LARGE, _WRONG_FILE)
        return
    # Outside the handler: the error holds the whole text.
    raise _bad_encoding(file, line)


def _bad_encoding(file: str, line: int) -> ConfigInvalid:
    problem = Problem(
        file=file, line=line, path="", message="is not valid UTF-8", hint="save the file as UTF-8"
    )
    return config_error(file, [problem])


def _unreadable(file: str, message: str, hint: str) -> ConfigInvalid:
    problem = Problem(file=file, line=WHOLE_FILE, path="", message=message, hint=hint)
    return config_error(file, [problem])
