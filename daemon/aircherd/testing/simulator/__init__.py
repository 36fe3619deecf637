"""The model vendors' HTTP APIs, simulated on loopback: faithful in form, programmable in failure.

A request comes in through `server`, is noted in the `journal`, may meet one of the `faults`, has
its key checked, and is answered by the vendor's module; `delivery` plans how the answer goes out.

    wire        HTTP/1.1: bytes -> requests, and heads and chunks of responses
    reply       what a vendor's module hands back: a whole body, or a stream in three parts
    script      what the model "says" to a prompt: echo, count, tool calls; pure
    manner      how it says it: pace, fixed text, invented token counts, model names
    openai, anthropic, gemini, openrouter, ollama     the vendors' forms
    responses   OpenAI's other API; responses_input, responses_thinking: more of its checks
    *_prompt    what a request asks, after the checks its vendor would make
    anthropic_blocks, anthropic_thinking      more of those checks
    openai_content, openai_thinking           the same for chat completions, OpenRouter's included
    errors, error_rows, errors_*     the vendors' error bodies, by a name they share where they can
    limits      rate-limit and retry headers in every form the vendors use
    keys        which keys are accepted
    faults      what goes wrong, for whom, how often
    control     the same over HTTP, for tests that run this as another process
    answering   from a request to the plan of its answer; pure
    delivery    from a reply and a fault to what is written when; pure
    connection  carries the plan out
    server      `open_simulator`

It imports no other room of the daemon, so that it cannot share a mistake with what it tests.
"""

from aircherd.testing.simulator.errors.errors import error_names
from aircherd.testing.simulator.faults import Fault, Faults
from aircherd.testing.simulator.journal import Journal, Received
from aircherd.testing.simulator.keys import ANY_KEY, AcceptedKeys
from aircherd.testing.simulator.manner import Manner
from aircherd.testing.simulator.server import Simulator, open_simulator

__all__ = [
    "ANY_KEY",
    "AcceptedKeys",
    "Fault",
    "Faults",
    "Journal",
    "Manner",
    "Received",
    "Simulator",
    "error_names",
    "open_simulator",
]
