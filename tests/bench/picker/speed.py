"""Measures how soon the picker shows its first row, and how soon a key changes the screen.

    .venv/bin/python tests/bench/picker/speed.py [ROUNDS]

A real daemon serves 500 models of a simulated provider; each start runs in a pseudo-terminal of
120x35. Between two starts a program that draws one line with Textual starts, since most of the time
is Textual's own. Keys are typed into a list of 2,000 models, and timed until the filtered list has
been drawn. Printed are median and longest, in milliseconds.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from helpers.daemon.real_daemon import PATIENCE, home, simulator
from helpers.screen.terminal import Terminal

KEY = "canary-work-0123456789abcdef"
CONFIG = """\
default_model = "work/model-7"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"
"""
BARE = """
from textual.app import App
from textual.widget import Widget
from rich.text import Text

class Line(Widget):
    def render(self):
        return Text("first row")

class Bare(App[None]):
    def compose(self):
        yield Line()

Bare().run()
"""
WORD = "model-1234"
MODELS = 500
MANY = 2000


def start_time(command: Sequence[str], environ: Mapping[str, str], row: str) -> float:
    """Return the milliseconds until `row` is on the screen."""
    began = time.perf_counter()
    with Terminal(command, environ, columns=120, rows=35) as terminal:
        await_screen(terminal, lambda: row in terminal.text)
        took = time.perf_counter() - began
        terminal.send(b"\x03" if row != "first row" else b"\x11")
        terminal.wait()
    return took * 1000


def key_times(environ: Mapping[str, str]) -> list[float]:
    """Return the milliseconds for each key of a word, typed and deleted again."""
    command = [sys.executable, "-m", "helpers.screen.picker_program", "models"]
    with Terminal(command, environ, columns=120, rows=35) as terminal:
        await_screen(terminal, lambda: "alpha" in terminal.text)
        time.sleep(1.0)  # until the row has been explained
        sizes = range(1, len(WORD) + 1)
        times = [key_time(terminal, WORD[at - 1], f"> {WORD[:at]} ") for at in sizes]
        deleted = reversed(range(1, len(WORD)))
        times += [key_time(terminal, "\x7f", f"> {WORD[:at]} ") for at in deleted]
        terminal.send(b"\x03")
        terminal.wait()
    return times


def key_time(terminal: Terminal, key: str, shown: str) -> float:
    """Return the milliseconds until the first line begins with `shown` and the list is drawn."""
    began = time.perf_counter()
    terminal.send(key)
    await_screen(terminal, lambda: terminal.text.startswith(shown) and "Matches" in terminal.text)
    took = (time.perf_counter() - began) * 1000
    time.sleep(0.2)
    return took


def await_screen(terminal: Terminal, is_so: Callable[[], bool]) -> None:
    """Wait, looking every millisecond."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, terminal.text
        time.sleep(0.001)


def report(what: str, times: list[float]) -> None:
    """Print median and longest."""
    print(f"{what:<44} {median(times):5.0f} ms median  {max(times):5.0f} ms longest")


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with simulator() as sim, home({"WORK_KEY": KEY}) as made:
        sim.keys.accept("openai", KEY)
        sim.behave(models={"openai": [f"model-{n}" for n in range(MODELS)]})
        made.write_config(CONFIG.format(url=sim.url))
        made.start(log_level="info")
        made.cli("models", "refresh", "work")
        shown = {**made.environ, "TERM": "xterm-256color"}
        picker, bare = [], []
        for _ in range(rounds):
            bare.append(start_time([sys.executable, "-c", BARE], shown, "first row"))
            command = [sys.executable, "-m", "aircher_cli", "models"]
            picker.append(start_time(command, shown, "model-7 "))
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            **shown,
            "HOME": folder,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PICKER_MODELS": str(MANY),
        }
        keys = key_times(environ)
    report(f"first row of {MODELS} models", picker)
    report("first line of a bare Textual program", bare)
    report(f"key to screen over {MANY} models", keys)


if __name__ == "__main__":
    main()
