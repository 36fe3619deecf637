"""A user who is signed in nowhere, and whose default model is a chain of simulated providers."""

from collections.abc import Iterator

import pytest

from helpers.daemon.real_daemon import Home
from helpers.screen.terminal_user import CLI, TerminalUser


@pytest.fixture
def newcomer(home: Home) -> Home:
    """A running daemon without any key; a request without a model needs `work` or `spare`."""
    home.write_config('default_model = "chain"\n' + home.config_file.read_text())
    home.start()
    return home


class Desk:
    """Starts programs at terminals of their own, and ends them after the test."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.users: list[TerminalUser] = []

    def cli(self, *words: str, **environ: str) -> TerminalUser:
        """Run `aircher-cli` at a new terminal."""
        return self.run(*CLI, *words, **environ)

    def run(self, *command: str, **environ: str) -> TerminalUser:
        """Run a program at a new terminal."""
        user = TerminalUser(command, {**self._home.environ, **environ})
        self.users.append(user)
        return user


@pytest.fixture
def desk(newcomer: Home) -> Iterator[Desk]:
    """A user at a terminal, who is signed in nowhere."""
    desk = Desk(newcomer)
    try:
        yield desk
    finally:
        for user in desk.users:
            user.__exit__(None, None, None)
