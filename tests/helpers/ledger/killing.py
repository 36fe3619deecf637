"""Kills a daemon at random moments while it serves, and checks its ledger afterwards.

Each request uses its own model, so that a report by model shows each attempt: it is there once, or
not at all if it was younger than a batch of the ledger. An attempt that was in one report is
committed, and must be in every later one.
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

MAX_SECONDS = 0.8
"""Until the kill."""


class Killer:
    """Rounds of requests, reports and a kill."""

    def __init__(self, home: Home, sim: Simulator, points: random.Random) -> None:
        sim.keys.accept("openai", "*")
        self._home = home
        self._sim = sim
        self._points = points
        self._number = 0
        self._ended: dict[str, str] = {}  # from reports: model -> outcome

    @property
    def committed(self) -> int:
        """How many attempts have been in a report."""
        return len(self._ended)

    def round(self) -> None:
        """Start the daemon, and send requests and read reports until it is killed."""
        self._home.start(log_level="warning")
        process = self._home.process
        assert process is not None
        end = threading.Timer(self._points.uniform(0, MAX_SECONDS), process.kill)
        end.start()
        self._send_requests()
        end.join()
        process.wait()
        self._home.process = None

    def _send_requests(self) -> None:
        """Keep a few requests in progress until the daemon is killed."""
        try:
            with self._home.client() as client:
                while True:
                    for _ in range(self._points.randrange(1, 12)):
                        self._number += 1
                        client.call("chat.start", a_chat(model=f"work/number-{self._number}"))
                    self._read_report(client)
        except ClientError:
            pass  # killed

    def _read_report(self, client: Client) -> None:
        rows = outcomes_by_model(client)
        for model, outcome in self._ended.items():
            assert rows.get(model) == outcome, f"{model} was {outcome}, now {rows.get(model)}"
        self._ended = rows

    def check(self) -> int:
        """Check the final ledger; return how many attempts it has.

        The provider received each at most once, and the ledger has each at most once. Every attempt
        in it was requested, and no committed attempt is missing.
        """
        self._home.start(log_level="warning")
        with self._home.client() as client:
            self._read_report(client)
            totals = client.call("usage.report")["totals"]
        assert totals["requests"] == len(self._ended)
        received = {each.json["model"] for each in self._sim.requests if each.endpoint == "chat"}
        answered = {model for model, outcome in self._ended.items() if outcome == "ok"}
        assert answered <= received
        assert len(self._ended) <= self._number
        self._home.stop()
        return len(self._ended)


def outcomes_by_model(client: Client) -> dict[str, str]:
    """Return the outcome of each model's only attempt, from a report."""
    rows = client.call("usage.report", {"by": ["model", "outcome"]})["rows"]
    doubled = [row for row in rows if row["requests"] != 1]
    assert not doubled, f"counted twice: {doubled}"
    outcomes = {row["model"]: row["outcome"] for row in rows}
    assert len(outcomes) == len(rows), "an attempt has two outcomes"
    return outcomes
