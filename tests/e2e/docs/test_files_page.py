"""docs/files.md lists every file that aircher writes."""

import re

from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.docs.blocks import read
from helpers.docs.reader import CONFIG, KEY
from helpers.docs.terminal import run_in_terminal

COVERED = {"keys.json": "the index of stored keys", "aircherd.lock": "the lock"}
"""Name of a file -> what the page calls it."""

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


def _written(home: Home) -> set[str]:
    """Return the names of the files below the home, apart from lists, socket and conversations."""
    files = [path for path in home.root.rglob("*") if path.is_file()]
    own = {"catalog", "run", "conversations"}
    names = {OF_SQLITE.sub("", p.name) for p in files if not own & set(p.parts)}
    return names - OF_THE_TEST
