"""A simulator of the vendors' HTTP APIs on loopback, with faults on demand.

`server` receives a request and records it in the `journal`. `answering` applies a fault, checks the
key and calls the vendor's module. `http.response_plan` plans how the reply is sent, and
`http.connection` sends it.

    server      `open_simulator`; entry point
    http/       parsing requests, planning and sending responses
    answering   from a request to the plan of its response; pure
    faults      faults on demand, and how often they apply
    keys        the accepted keys
    journal     the received requests
    control     all of these over HTTP, for tests that run the simulator as another process
    behaviour   delays, fixed text, token counts, model names
    embeddings  those of all vendors that have them
    script      the simulated model's answer to a prompt; pure
    reply       a vendor's reply: a complete body, or a stream in three parts
    limits      rate-limit and retry headers in the vendors' formats
    vendors     paths and keys of the vendors
    errors/     the vendors' errors, with common names, and their formats
    anthropic/ gemini/ ollama/ openai_chat/ openai_responses/ openrouter/
                one API each: `chat` answers, `prompt` reads and validates the request

It imports no other package of the daemon, so the two cannot share a mistake.
"""

from aircherd.testing.simulator.behaviour import Behaviour
from aircherd.testing.simulator.errors.bodies import error_names
from aircherd.testing.simulator.faults import Fault, Faults
from aircherd.testing.simulator.journal import Journal, Received
from aircherd.testing.simulator.keys import ANY_KEY, AcceptedKeys
from aircherd.testing.simulator.server import Simulator, open_simulator

__all__ = [
    "ANY_KEY",
    "AcceptedKeys",
    "Behaviour",
    "Fault",
    "Faults",
    "Journal",
    "Received",
    "Simulator",
    "error_names",
    "open_simulator",
]
