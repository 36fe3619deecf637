"""docs/files.md lists every file that aircher writes."""

import re

import pytest

from aircher_cli.commands.uninstall import own_files
from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.docs.blocks import read
from helpers.docs.reader import CONFIG, KEY
from helpers.docs.terminal import run_in_terminal

COVERED = {
    "keys.json": "the index of stored keys",
    "keys": "the index of stored keys",
    "aircherd.lock": "the lock",
    "sock": "the socket",
}
"""Name of a file -> what the page calls it."""

NO_NAMES = {"aircher-", "tmp", "unfinished", "a-f"}
"""Parts of the names of files that are there for a moment, and of patterns."""

OF_THE_TEST = {"daemon.log"}

OF_SQLITE = re.compile(r"-(wal|shm)$")


def test_every_file_is_listed(sim: Simulator) -> None:
    """A key, a conversation, a choice on the screen and a failure leave only files of the page."""
    sim.keys.accept("anthropic", "*")
    with open_home() as home:
        home.write_config(CONFIG.format(url=sim.url, models_dev=f"{sim.url}/none"))
        home.start()
        home.login("anthropic", KEY)
        assert home.cli("ask", "hello").returncode == 0
        for command, keys in ((("chat",), "hello\r\x04"), (("models",), "\x06\r")):
            run_in_terminal([home.python, "-m", "aircher_cli", *command], home.environ, keys)
        written = _written(home)
        assert list(home.root.rglob("aircher/conversations/*.jsonl"))
    page = read("files.md")
    assert {"chat_history", "picker.json", "ledger.db"} <= written
    assert "`conversations/`" in page
    unknown = {name for name in written if f"`{name}`" not in page}
    assert {name for name in unknown if COVERED.get(name, "?") not in page} == set()


@pytest.mark.parametrize("table", ["_HOME", "_DATA", "_STATE", "_CACHE"])
def test_every_file_that_is_removed_is_listed(table: str) -> None:
    """Also those that few users have: `uninstall` knows a pattern of each."""
    page = read("files.md")
    patterns = re.sub(r"\\.", ".", "|".join(getattr(own_files, table)))
    words = set(re.findall(r"[a-z][a-z_-]{2,}", patterns)) - NO_NAMES
    unlisted = {word for word in words if not re.search(rf"`[^`]*{word}", page)}
    assert {word for word in unlisted if COVERED.get(word, "?") not in page} == set()


def _written(home: Home) -> set[str]:
    """Return the names of the files below the home, apart from lists, socket and conversations."""
    files = [path for path in home.root.rglob("*") if path.is_file()]
    own = {"catalog", "run", "conversations"}
    names = {OF_SQLITE.sub("", p.name) for p in files if not own & set(p.parts)}
    return names - OF_THE_TEST
