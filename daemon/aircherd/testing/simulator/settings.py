"""The state of a running simulator that tests can change."""

import msgspec

from aircherd.testing.simulator.behaviour import Behaviour
from aircherd.testing.simulator.faults import Faults
from aircherd.testing.simulator.http.response_plan import Plan
from aircherd.testing.simulator.journal import Journal
from aircherd.testing.simulator.keys import AcceptedKeys


class Settings(msgspec.Struct):
    """The state shared by the server, the control endpoint and the test.

    `shared_paths` is the vendor that serves paths of both OpenAI and Ollama. `repeats` caches
    responses by request; see `Behaviour.repeat_answers`.
    """

    keys: AcceptedKeys
    faults: Faults
    journal: Journal
    behaviour: Behaviour
    shared_paths: str
    repeats: dict[tuple[str, str, bytes], Plan] = {}

    def change_behaviour(self, behaviour: Behaviour) -> None:
        """Use this behaviour from now on."""
        self.behaviour = behaviour
        self.repeats.clear()
