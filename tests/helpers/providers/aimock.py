"""Runs aimock, a third-party mock of the vendors' APIs, with fixtures.

The fixtures map prompts to answers or failures, for all of its APIs.
"""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from helpers.daemon.real_daemon import wait_until
from helpers.required import missing

HELLO = "Hello! How can I help you today, my friend?"
USAGE = {"prompt_tokens": 11, "completion_tokens": 9, "input_tokens": 11, "output_tokens": 9}
PRICED = {**USAGE, "cost": 0.0125}
THOUGHT = "The user greets me, so I greet back."


def error(status, message, kind):
    """Return an error response."""
    return {"error": {"message": message, "type": kind}, "status": status}


def trouble(prompt, **kind):
    """Return an answer that always fails in transit."""
    return {"match": {"userMessage": prompt}, "response": {"content": HELLO}, **kind}


FIXTURES = {
    "fixtures": [
        {"match": {"userMessage": "hello"}, "response": {"content": HELLO, "usage": USAGE}},
        {
            "match": {"userMessage": "weather", "hasToolResult": False},
            "response": {
                "toolCalls": [{"name": "get_weather", "arguments": {"city": "Łódź", "days": 2}}]
            },
        },
        {
            "match": {"userMessage": "weather", "hasToolResult": True},
            "response": {"content": "It rains."},
        },
        {
            "match": {"userMessage": "compare", "hasToolResult": False},
            "response": {
                "content": "Let me look.",
                "toolCalls": [
                    {"name": "get_weather", "arguments": {"city": "Oslo"}},
                    {"name": "get_weather", "arguments": {"city": "Rome"}},
                ],
            },
        },
        {
            "match": {"userMessage": "think"},
            "response": {"content": HELLO, "reasoning": THOUGHT, "usage": PRICED},
        },
        {"match": {"userMessage": "fast"}, "response": error(429, "Slow down", "rate_limit_error")},
        {"match": {"userMessage": "break"}, "response": error(500, "Oh no", "server_error")},
        {"match": {"userMessage": "busy"}, "response": error(503, "No room", "overloaded_error")},
        trouble("cut", truncateAfterChunks=4),
        trouble("gone", chaos={"disconnectRate": 1}),
        trouble("noise", chaos={"malformedRate": 1}),
        trouble("drop", chaos={"dropRate": 1}),
        trouble("flood", chaos={"rateLimitRate": 1}),
    ]
}


@contextmanager
def aimock(root):
    """Run the mock; give its URL."""
    # The checkout's node_modules come first: they may have a newer node than the system.
    places = f"{Path(__file__).parents[3] / 'node_modules' / '.bin'}:{os.environ['PATH']}"
    command = shutil.which("llmock", path=places)
    if command is None or shutil.which("node", path=places) is None:
        missing("node and aimock", "npm install --no-save @copilotkit/aimock@1.43")
    (root / "fixtures.json").write_text(json.dumps(FIXTURES))
    log = root / "aimock.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [command, "-p", "0", "-f", str(root / "fixtures.json"), "-c", "5"],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": places},
        )
    try:
        wait_until(lambda: "http://" in log.read_text(), f"aimock listens: {log.read_text()}")
        yield next(word for word in log.read_text().split() if word.startswith("http://"))
    finally:
        process.terminate()
        process.wait(timeout=20)
