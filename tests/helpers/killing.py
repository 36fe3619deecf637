"""A daemon that is killed at random points while it serves, and what its ledger says afterwards.

Each request asks for a model of its own, so that a report by model shows each attempt: there once,
or not at all if it was younger than a batch of the ledger. What a report has told once is
committed, and has to be in every later one.
"""

import random
import threading

from aircher_client import Client, ClientError
from aircherd.testing.simulator import Simulator
from helpers.daemon.ipc_requests import a_chat
from helpers.daemon.real_daemon import Home

CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
auth = "none"
"""

LONGEST = 0.8
"""Seconds until the kill, at most."""


class Killer:
    """Rounds of asking, telling what is committed, and killing."""

    def __init__(self, home: Home, sim: Simulator, points: random.Random) -> None:
        sim.keys.accept("openai", "*")
        self._home = home
        self._sim = sim
        self._points = points
        self._number = 0
        self._ended: dict[str, str] = {}  # what a report has told: model -> outcome

    @property
    def committed(self) -> int:
        """How many attempts a report has told of."""
        return len(self._ended)

    def round(self) -> None:
        """Start the daemon, ask and report until it is killed."""
        self._home.start(log_level="warning")
        process = self._home.process
        assert process is not None
        end = threading.Timer(self._points.uniform(0, LONGEST), process.kill)
        end.start()
        self._ask()
        end.join()
        process.wait()
        self._home.process = None

    def _ask(self) -> None:
        """Have a few under way all the time, until the daemon is gone."""
        try:
            with self._home.client() as client:
                while True:
                    for _ in range(self._points.randrange(1, 12)):
                        self._number += 1
                        client.call("chat.start", a_chat(model=f"work/number-{self._number}"))
                    self._note(client)
        except ClientError:
            pass  # killed

    def _note(self, client: Client) -> None:
        rows = told(client)
        for model, outcome in self._ended.items():
            assert rows.get(model) == outcome, f"{model} was {outcome}, now {rows.get(model)}"
        self._ended = rows

    def check(self) -> int:
        """Look at what is left in the end; return how many attempts there are.

        Each was received by the provider at most once, and is in the ledger at most once; none is
        there that was never asked for, and none is missing that was committed.
        """
        self._home.start(log_level="warning")
        with self._home.client() as client:
            self._note(client)
            totals = client.call("usage.report")["totals"]
        assert totals["requests"] == len(self._ended)
        received = {each.json["model"] for each in self._sim.requests if each.endpoint == "chat"}
        answered = {model for model, outcome in self._ended.items() if outcome == "ok"}
        assert answered <= received
        assert len(self._ended) <= self._number
        self._home.stop()
        return len(self._ended)


def told(client: Client) -> dict[str, str]:
    """Return the outcome of each model's only attempt, from a report."""
    rows = client.call("usage.report", {"by": ["model", "outcome"]})["rows"]
    doubled = [row for row in rows if row["requests"] != 1]
    assert not doubled, f"counted twice: {doubled}"
    outcomes = {row["model"]: row["outcome"] for row in rows}
    assert len(outcomes) == len(rows), "an attempt has two outcomes"
    return outcomes
