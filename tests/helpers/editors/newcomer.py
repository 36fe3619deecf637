"""A new user: aircher and a checkout are there, and no daemon, no key, and nothing in an editor."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from aircherd.testing.simulator import Fault, Received, Simulator
from helpers.daemon.real_daemon import Home, home, simulator, wait_until
from helpers.docs.blocks import ROOT
from helpers.docs_commands import make_tools
from helpers.editors.home import CONFIG, SPARE_KEY, WORK_KEY, EditorHome
from helpers.editors.neovim import Answer

KEYS = {"work": WORK_KEY, "spare": SPARE_KEY}


@contextmanager
def open_newcomer() -> Iterator[EditorHome]:
    """Give the home of a new user; `work` and `spare` of its configuration are simulated.

    `aircher-cli` is in PATH, and `~/aircher` is the checkout. The daemon that an editor starts is
    stopped at the end.
    """
    with simulator() as sim, home() as made:
        sim.keys.accept("openai", WORK_KEY)
        sim.keys.accept("anthropic", SPARE_KEY)
        made.write_config(CONFIG.format(url=sim.url))
        del made.environ["AIRCHER_AUTOSTART"]
        made.environ["XDG_DATA_HOME"] = str(made.root / ".local" / "share")
        made.environ["PATH"] = f"{make_tools(made)}{os.pathsep}{made.environ['PATH']}"
        (made.root / "aircher").symlink_to(ROOT)
        try:
            yield EditorHome(made, sim)
        finally:
            made.cli("daemon", "stop")


def answers(opened: EditorHome) -> dict[str, Answer]:
    """Return what a suite of a newcomer may ask for."""
    made, sim = opened

    def aircher(*words: str) -> str:
        done = made.cli(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refuse(_: object) -> None:
        sim.faults.clear()
        aircher("cooldowns", "clear")
        sim.keys.revoke("openai")

    def crash(_: object) -> None:
        os.kill(status(made)["pid"], signal.SIGKILL)
        # Its connections may be closed a moment before the socket at which it listens.
        wait_until(lambda: not is_listening(made), "the daemon is gone")

    def is_closed(_: object) -> bool:
        wait_until(last_chat(sim).disconnected.is_set, "the upstream is closed")
        return True

    return {
        "the key": lambda provider: KEYS[str(provider)],
        "answer": lambda text: sim.behave(text=cast("str | None", text)),
        "limit the rate": lambda _: sim.faults.add(
            Fault("error", vendor="openai", error="rate_limit", times=None)
        ),
        "refuse the key": refuse,
        "the default model": lambda _: status(made)["default"]["model"],
        "what was sent": lambda _: cast("dict[str, Any]", last_chat(sim).json)["messages"],
        "kill the daemon": crash,
        "restart the daemon": lambda _: aircher("daemon", "restart"),
        "the last upstream was closed": is_closed,
    }


def status(made: Home) -> dict[str, Any]:
    """Return the status of the daemon that runs in a home."""
    with made.client() as client:
        return cast("dict[str, Any]", client.call("status"))


def is_listening(made: Home) -> bool:
    """Tell whether a process listens at the daemon's socket."""
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(str(made.socket))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
    return True


def last_chat(sim: Simulator) -> Received:
    """Return the latest chat that a provider got."""
    return next(each for each in reversed(list(sim.requests)) if each.endpoint == "chat")
