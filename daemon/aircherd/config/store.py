"""The last good configuration, and what is wrong with the file now."""

from pathlib import Path

from aircherd.config.load import load_config
from aircherd.config.model import DEFAULT_CONFIG, Config
from aircherd.errors import ConfigInvalid
from aircherd.files.file_worker import FileWorker


class ConfigStore:
    """Holds one frozen `Config` and swaps it whole.

    Reads the file once when made, without raising: a daemon with a bad file runs all the same and
    says so. The file is small, so it is read without waiting for a thread.

    - `current`: the last good config; the built-in one as long as there was none.
    - `problem`: what is wrong with the file as it was last read, or None.
    - `has_good`: whether any file (or its absence) was ever good; without one, chat is refused.
    - `changes`: the lane of whoever changes the file.
    - `check_worker`: the lane of whoever has to see what became of a change that hangs.
    """

    def __init__(self, config_file: Path) -> None:
        self.file = config_file
        self.current: Config = DEFAULT_CONFIG
        self.problem: ConfigInvalid | None = None
        self.has_good = False
        self.changes = FileWorker()
        self.check_worker = FileWorker()
        try:
            self.reload()
        except ConfigInvalid:
            # `problem` has it, for whoever asks.
            return

    def usable(self) -> Config:
        """Return `current`, for a request that is about to use it.

        Raises:
            ConfigInvalid: no file was ever good, so nobody can know what the user wants.
        """
        if self.problem is not None and not self.has_good:
            raise ConfigInvalid(self.problem.message, **self.problem.data)
        return self.current

    def reload(self) -> bool:
        """Read the file again; tell whether `current` is another one now.

        The first good config counts as a change, for it opens the way for chat.

        Raises:
            ConfigInvalid: the file does not hold. `current` stays, `problem` says what is wrong.
        """
        try:
            config = load_config(self.file)
        except ConfigInvalid as error:
            # A copy: the error that is raised holds its frames, and they hold the file's text.
            self.problem = ConfigInvalid(error.message, **error.data)
            raise
        changed = not self.has_good or config != self.current
        self.current, self.problem, self.has_good = config, None, True
        return changed

    def __repr__(self) -> str:
        state = "good" if self.problem is None else "with problems"
        return f"<ConfigStore {self.file}: {state}, {len(self.current.providers)} providers>"
