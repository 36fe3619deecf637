"""The provider of these measurements: the simulator, which sends 5,000 events a second."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

EVENTS_PER_SECOND = 5000
PAUSE = 0.01
"""Seconds between two writes of the simulator."""
TEXT = (
    "a",
    "marker",
    "is",
    "a",
    "position",
    "that",
    "goes",
    "along",
    "as",
    "text",
    "is",
    "inserted",
)
"""The words of an answer. Digits have no direction of writing: Emacs would look far back."""
WORDS = 150_000
"""Events of an answer; a run must not outlast it."""


@contextmanager
def simulator() -> Iterator[str]:
    """Run the simulator as a process, so that it takes no time from the one that measures."""
    per_write = str(round(EVENTS_PER_SECOND * PAUSE))
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "aircherd.testing.simulator", "--accept-key", "openai=*"),
            *("--delay", str(PAUSE), "--events-per-write", per_write, "--repeat-answers"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)


def set_answer(url: str, words_per_line: int) -> None:
    """Let the simulator answer with lines of that many words; each word is an event."""
    words = [
        TEXT[number % len(TEXT)] + ("\n" if number % words_per_line == 0 else "")
        for number in range(1, WORDS + 1)
    ]
    command = json.dumps({"behaviour": {"text": " ".join(words)}})
    urllib.request.urlopen(f"{url}/_control", command.encode()).close()  # noqa: S310 -- our own
