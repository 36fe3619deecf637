"""Everything about a running simulator that tests change: one struct for all who read it."""

import msgspec

from aircherd.testing.simulator.faults import Faults
from aircherd.testing.simulator.http.delivery import Plan
from aircherd.testing.simulator.journal import Journal
from aircherd.testing.simulator.keys import AcceptedKeys
from aircherd.testing.simulator.manner import Manner


class Settings(msgspec.Struct):
    """The state shared by the server, the control endpoint and whoever opened the simulator.

    `shared_paths` says to whom a path belongs that both OpenAI and Ollama have. `repeats` holds
    the good answers to repeat, by what was asked and how; see `Manner.repeat_answers`.
    """

    keys: AcceptedKeys
    faults: Faults
    journal: Journal
    manner: Manner
    shared_paths: str
    repeats: dict[tuple[str, str, bytes], Plan] = {}

    def change_manner(self, manner: Manner) -> None:
        """Answer in this manner from now on."""
        self.manner = manner
        self.repeats.clear()
