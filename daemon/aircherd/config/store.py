"""The last good configuration, and what is wrong with the file now."""

import errno
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from aircherd.config.load import Checked, check_file
from aircherd.config.model import (
    DEFAULT_CONFIG,
    NOTHING_REFUSED,
    Config,
    Refused,
    RefusedEntry,
)
from aircherd.config.problems import WHOLE_FILE, Problem, config_error
from aircherd.errors import ConfigInvalid
from aircherd.files.file_worker import DiskTimeout, FileWorker

if TYPE_CHECKING:
    from aircherd.config.changes import Change, ReloadResult

LOAD_TIMEOUT = 5.0
"""Seconds until the disk counts as hanging."""

Identity = tuple[int, ...]
"""Differs between two moments if the file was written or replaced in between."""

_UNUSABLE = "cannot be used: 'aircher-cli config check' says why"
_VANISHED = "restore it, or run 'aircher-cli config reload' to use the built-in configuration"

InUse = Literal[
    "the file",
    "the last good one",
    "the valid entries",
    "the valid entries of an earlier one",
    "none",
]


class Loaded(msgspec.Struct, frozen=True):
    """What the file contains at one moment, before it is used; `changes` are those to `current`.

    `identity` is None if the disk hangs.
    """

    checked: Checked
    changes: "tuple[Change, ...]" = ()
    has_text: bool = True
    identity: Identity | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a file, or something that only looks like one."""
        return self.identity != (errno.ENOENT,)


class ConfigStore:
    """Holds one frozen `Config` and replaces it as a whole.

    The constructor reads the file once and never raises: with an invalid file the daemon still
    runs, and reports the problem. The file is small, so it is read without a thread.

    - `current`: the last good config; until there was a good file, what could be used of the last
      file that could be used in part, with `refused`; else the built-in one, with the roles of the
      file, and all its providers refused. What a new config leaves as it was stays the same object,
      so that caches of it remain valid.
    - `problem`: what was wrong with the file when it was last read, or None.
    - `keeps_roles`: whether what clients may do is not what the file says, because it is invalid.
    - `has_good`: whether the file (or its absence) was ever good.
    - `is_disk_hanging`: whether the last read of the file timed out; it is worth a retry.
    - `write_worker`: runs changes of the file.
    - `check_worker`: checks the file after a change that hangs.
    """

    def __init__(self, config_file: Path) -> None:
        self.file = config_file
        self.current: Config = DEFAULT_CONFIG
        self.problem: ConfigInvalid | None = None
        self.has_good = False
        self.keeps_roles = False
        self.is_disk_hanging = False
        self._salvaged: ConfigInvalid | None = None  # the problem of the file used in part
        self.write_worker = FileWorker()
        self.check_worker = FileWorker()
        self._load_worker = FileWorker()
        self._has_text = False  # whether the last good file was one, and not empty
        try:
            self._apply(check_file(self.file), has_text=_vanished(self.file) is None)
        except ConfigInvalid:
            # Kept in `problem`.
            return

    def usable(self) -> Config:
        """Return `current` for use by a request.

        Raises:
            ConfigInvalid: no file could be used, so what the user wants is unknown.
        """
        if self.problem is not None and not self.has_good and self._salvaged is None:
            raise ConfigInvalid(self.problem.message, **self.problem.data)
        return self.current

    @property
    def baseline(self) -> Config:
        """What changes are compared with: refused providers are no news once a file is valid."""
        if self.current.providers:
            return self.current
        return msgspec.structs.replace(
            self.current, providers=DEFAULT_CONFIG.providers, refused=NOTHING_REFUSED
        )

    @property
    def in_use(self) -> InUse:
        """What `current` is made of; with "none" it is the built-in config, and chat is refused."""
        if self.problem is None:
            return "the file"
        if self.has_good:
            return "the last good one"
        if self._salvaged is None:
            return "none"
        is_latest = self._salvaged is self.problem
        return "the valid entries" if is_latest else "the valid entries of an earlier one"

    async def reload(self, *, may_vanish: bool = True) -> "ReloadResult":
        """Read the file again, in a thread; return what changed. Call it once at a time.

        The first good config counts as a change, because requests are refused until then. Without
        `may_vanish`, a file that is now missing or empty is a problem, and not the built-in config:
        a full disk, an editor that crashed or a lost mount leaves such a file.

        Raises:
            ConfigInvalid: the file is invalid; `problem` is the error. If there was a good file,
                `current` stays; else it may have changed to what can be used of this one.
        """
        return self.use(await self.load(may_vanish=may_vanish))

    async def load(self, *, may_vanish: bool) -> Loaded:
        """Read the file in a thread; nothing is used yet. See `reload` for `may_vanish`."""
        try:
            return await self._load_worker.do(
                lambda _: self._load(may_vanish=may_vanish), LOAD_TIMEOUT
            )
        except DiskTimeout as timeout:
            problem = _whole_file_problem(self.file, f"cannot be read: {timeout.strerror}")
            return Loaded(Checked(None, problem))

    def use(self, loaded: Loaded) -> "ReloadResult":
        """Use what was just loaded; see `reload`.

        Raises:
            ConfigInvalid: the file is invalid.
        """
        # Imported late: a start compares nothing.
        from aircherd.config.changes import ReloadResult  # noqa: PLC0415

        self.is_disk_hanging = loaded.identity is None
        changed = self._apply(loaded.checked, has_text=loaded.has_text)
        return ReloadResult(changed, loaded.changes)

    def _load(self, *, may_vanish: bool) -> Loaded:
        from aircherd.config.changes import find_changes  # noqa: PLC0415

        # Taken first: a later write is then noticed.
        identity = _identity(self.file)
        vanished = _vanished(self.file)
        if vanished and self._has_text and not may_vanish:
            problem = _whole_file_problem(self.file, vanished, _VANISHED)
            return Loaded(Checked(None, problem), identity=identity)
        checked = check_file(self.file)
        if checked.config is None:
            return Loaded(checked, identity=identity)
        config = _reuse(self.current, checked.config)
        changes = find_changes(self.baseline, config)
        return Loaded(Checked(config, checked.problem), changes, vanished is None, identity)

    def _apply(self, checked: Checked, *, has_text: bool) -> bool:
        """Use the configuration if it is valid; return whether `current` changed."""
        self.problem = checked.problem
        self.keeps_roles = self.has_good and self._has_other_roles(checked)
        if checked.problem is not None and not self.has_good:
            if checked.config is not None:
                self.current, self._salvaged = checked.config, checked.problem
            elif self._salvaged is None:
                self.current = _nothing_of(checked.roles or DEFAULT_CONFIG, checked.problem)
        config = checked.valid
        changed = not self.has_good or config is not self.current
        self.current, self.has_good, self._has_text = config, True, has_text
        return changed

    def _has_other_roles(self, checked: Checked) -> bool:
        """Tell whether an invalid file has other roles than those in use, as far as is known."""
        if checked.problem is None:
            return False
        found, current = checked.config or checked.roles, self.current
        if found is None:
            return current.has_roles
        return (found.clients, found.protect) != (current.clients, current.protect)

    def __repr__(self) -> str:
        state = "good" if self.problem is None else "with problems"
        return f"<ConfigStore {self.file}: {state}, {len(self.current.providers)} providers>"


def _nothing_of(config: Config, problem: ConfigInvalid) -> Config:
    """Return the configuration without its providers, which are refused.

    Where the user's keys may be sent is in a file that cannot be read: a key for a gateway would
    go to the vendor.
    """
    why = Problem(file=str(problem.data["file"]), line=WHOLE_FILE, path="", message=_UNUSABLE)
    refused = {name: RefusedEntry(f"providers.{name}", (why,)) for name in DEFAULT_CONFIG.providers}
    return msgspec.structs.replace(config, providers={}, refused=Refused(providers=refused))


def _reuse(old: Config, new: Config) -> Config:
    """Return `new` with the objects of `old` where they are equal."""
    if new == old:
        return old
    fields = {name: getattr(new, name) for name in new.__struct_fields__}
    for name, value in fields.items():
        before = getattr(old, name)
        if value == before:
            fields[name] = before
        elif isinstance(value, dict):
            fields[name] = {
                key: before[key] if before.get(key) == item else item for key, item in value.items()
            }
    return msgspec.structs.replace(new, **fields)


def _vanished(file: Path) -> str | None:
    """Return that the file is missing or empty; None if it is not."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None if file.is_symlink() else "was removed"
    except OSError:
        return None  # `check_file` says it
    return "is empty" if stat.S_ISREG(found.st_mode) and found.st_size == 0 else None


def _identity(file: Path) -> Identity:
    try:
        found = file.stat()
    except OSError as error:
        return (error.errno or 0,)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _whole_file_problem(file: Path, message: str, hint: str | None = None) -> ConfigInvalid:
    problem = Problem(file=str(file), line=WHOLE_FILE, path="", message=message, hint=hint)
    return config_error(str(file), [problem])
