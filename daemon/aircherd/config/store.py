"""The last good configuration, and what is wrong with the file now."""

from pathlib import Path

from aircherd.config.load import load_config
from aircherd.config.model import DEFAULT_CONFIG, Config
from aircherd.errors import ConfigInvalid
from aircherd.files.file_worker import FileWorker


class ConfigStore:
    """Holds one frozen `Config` and replaces it as a whole.

    The constructor reads the file once and never raises: with an invalid file the daemon still
    runs, and reports the problem. The file is small, so it is read without a thread.

    - `current`: the last good config; the built-in one until there was a good file.
    - `problem`: what was wrong with the file when it was last read, or None.
    - `has_good`: whether the file (or its absence) was ever good; until then chat is refused.
    - `write_worker`: runs changes of the file.
    - `check_worker`: checks the file after a change that hangs.
    """

    def __init__(self, config_file: Path) -> None:
        self.file = config_file
        self.current: Config = DEFAULT_CONFIG
        self.problem: ConfigInvalid | None = None
        self.has_good = False
        self.write_worker = FileWorker()
        self.check_worker = FileWorker()
        try:
            self.reload()
        except ConfigInvalid:
            # Kept in `problem`.
            return

    def usable(self) -> Config:
        """Return `current` for use by a request.

        Raises:
            ConfigInvalid: no file was ever good, so what the user wants is unknown.
        """
        if self.problem is not None and not self.has_good:
            raise ConfigInvalid(self.problem.message, **self.problem.data)
        return self.current

    def reload(self) -> bool:
        """Read the file again; return whether `current` changed.

        The first good config counts as a change, because chat is refused until then.

        Raises:
            ConfigInvalid: the file is invalid. `current` stays; `problem` is the error.
        """
        try:
            config = load_config(self.file)
        except ConfigInvalid as error:
            # A copy: the raised error references its frames, and they hold the file's text.
            self.problem = ConfigInvalid(error.message, **error.data)
            raise
        changed = not self.has_good or config != self.current
        self.current, self.problem, self.has_good = config, None, True
        return changed

    def __repr__(self) -> str:
        state = "good" if self.problem is None else "with problems"
        return f"<ConfigStore {self.file}: {state}, {len(self.current.providers)} providers>"
