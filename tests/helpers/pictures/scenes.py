"""What each picture shows: the real program in a home of its own, with simulated providers.

The keys are in a real keyring of the scene's own, the figures of the models are those of the
shipped catalogue, and what happened before the picture really happened: a provider refused its
key, another one limited the rate.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator as open_simulator
from helpers.docs.blocks import ROOT
from helpers.ledger.zones import zone_at_noon
from helpers.pictures.svg import draw
from helpers.pictures.terminal import Terminal, open_screen
from helpers.secret_service import secret_service

QUESTION = "Why is the sky blue?"
REPLY = "Air scatters blue light more than red, so blue comes from every side of the sky."

LIMITED = "Rate limit reached for gpt-5.5. Please try again in 45m30s."

MODELS = {
    "anthropic": ["claude-opus-5-5", "claude-sonnet-5", "claude-haiku-5-5", "claude-haiku-4-5"],
    "openai": ["gpt-5.5", "gpt-5.5-codex", "gpt-5.4-mini", "gpt-5-nano"],
    "gemini": ["gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-2.5-flash"],
    "openrouter": ["openrouter/auto", "anthropic/claude-sonnet-5", "openai/gpt-5.5"],
    "ollama": ["qwen3:8b", "llama3.2:latest"],
}
"""What the simulated providers list."""

KEYS = {
    "anthropic": "picture-anthropic-0123456789-7f3a",
    "openai": "picture-openai-0123456789-c41e",
    "gemini": "picture-gemini-0123456789-90bd",
    "openrouter": "picture-openrouter-0123456789-5e02",
}

CONFIG = """\
default_model = "main"

[models.main]
routes = ["anthropic/claude-sonnet-5", "openai/gpt-5.5", "ollama/qwen3:8b"]

[providers.anthropic]
base_url = "{url}"
[providers.openai]
base_url = "{url}/v1"
[providers.gemini]
base_url = "{url}"
[providers.openrouter]
base_url = "{url}/api/v1"
[providers.ollama]
base_url = "{url}"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[[limits]]
provider = "anthropic"
usd = 5
per = "day"

[[limits]]
usd = 20
per = "day"

[usage]
time_zone = "{zone}"
"""
"""Limits of a day, at noon: shortly before they start again, other words say when that is."""

NOTHING = """\
[providers.openai]
base_url = "{url}/v1"
env = "OPENAI_API_KEY"
[providers.ollama]
base_url = "http://127.0.0.1:1"
"""
"""The configuration of a new user: only what keeps the picture away from real servers."""

MASKS = {
    r"process \d+": "process 4711",
    r"up \d+ s": "up 4 s",
    r"failed after \d+ ms": "failed after 40 ms",
    r"answered after \d+ ms": "answered after 550 ms",
    r"\bin \d:\d\d": "in 0:55",
    r"\bready in \d\d:\d\d": "ready in 45:30",
    r"(?<=checked  )(?:just now|\d+ s ago)": "5 s ago",
    r"\d{4}-\d\d-\d\d \d\d:\d\d": "2026-11-30 09:15",
}
"""What would differ in each picture without saying anything -> what is shown instead."""


class Picture(NamedTuple):
    """A picture: its SVG, and the text that it shows."""

    svg: str
    text: str


def demo() -> Picture:
    """Return the middle of `aircher-cli demo`: an answer, and a fallback after a refused key."""
    with open_home() as home, _terminal(home, "demo", columns=88, rows=200) as terminal:
        terminal.wait_for_end()
        lines = terminal.text.splitlines()
        start, end = (_find(lines, f"{number}. ") for number in (4, 6))
        return _picture(terminal, "aircher-cli demo", range(start, end - 1))


def status() -> Picture:
    """Return `aircher-cli status`, with one provider that limits the rate and one without a key."""
    with open_scene() as (home, _), _terminal(home, "status", columns=88, rows=60) as terminal:
        terminal.wait_for_end()
        return _picture(terminal, "aircher-cli status")


def picker() -> Picture:
    """Return `aircher-cli models`, at an alias whose first model can answer."""
    with open_scene() as (home, _), _terminal(home, "models", columns=132, rows=46) as terminal:
        # What the daemon is asked for last: the state of keys, the spend, the chain.
        terminal.wait_for("⌂ local", "$5.00 used", "today", "now  ")
        return _picture(terminal, "aircher-cli models")


def first_run() -> Picture:
    """Return what `aircher-cli models` shows to a new user, whose shell has a key."""
    with secret_service() as keyring, open_simulator() as sim, open_home(keyring.environ) as home:
        home.write_config(NOTHING.format(url=sim.url))
        home.start()
        home.environ["OPENAI_API_KEY"] = KEYS["openai"]
        with _terminal(home, "models", columns=88, rows=20) as terminal:
            terminal.wait_for("OPENAI_API_KEY")
            return _picture(terminal, "aircher-cli models")


SCENES = {"demo": demo, "first-run": first_run, "picker": picker, "status": status}
"""Name of a picture in docs/pictures, without its suffix -> what makes it."""


@contextmanager
def open_scene() -> Iterator[tuple[Home, Simulator]]:
    """Give a home where one provider works, one limits the rate, and one refuses its key."""
    with secret_service() as keyring, open_simulator() as sim, open_home(keyring.environ) as home:
        sim.behave(models=MODELS)
        for vendor, key in KEYS.items():
            sim.keys.accept(vendor, key)
        home.environ.pop("NO_COLOR")
        home.environ["TZ"] = zone = zone_at_noon()
        home.write_config(CONFIG.format(url=sim.url, zone=zone) + catalogue())
        home.start()
        for vendor, key in KEYS.items():
            home.login(vendor, key)
        _let_time_pass(home, sim)
        yield home, sim


def _let_time_pass(home: Home, sim: Simulator) -> None:
    """Ask a few questions; then a provider limits the rate, and another refuses its key."""
    sim.behave(events_per_write=200)
    for tokens in (90_000, 60_000, 30_000):
        _ask(home, "anthropic/claude-sonnet-5", f"count {tokens}")
    _ask(home, "openai/gpt-5.5", "count 12000")
    sim.behave(text=REPLY)
    _ask(home, "ollama/qwen3:8b")
    sim.faults.add(
        Fault("error", error="rate_limit", vendor="openai", message=LIMITED, retry_after=2730)
    )
    _ask(home, "openai/gpt-5.5", fails=True)
    sim.keys.revoke("gemini")
    _ask(home, "gemini/gemini-3.8-flash", fails=True)


def _ask(home: Home, model: str, prompt: str = QUESTION, *, fails: bool = False) -> None:
    done = home.cli("ask", "-m", model, prompt)
    assert (done.returncode != 0) is fails, done.stderr


def catalogue() -> str:
    """Return the shipped data about the listed models as entries of the configuration.

    The daemon itself uses them only for the vendors' own servers.
    """
    file = ROOT / "daemon" / "aircherd" / "catalog" / "models.json"
    vendors = json.loads(file.read_text())["vendors"]
    known = {f"{vendor}/{row['id']}": row for vendor, rows in vendors.items() for row in rows}
    names = [f"{vendor}/{model}" for vendor, models in MODELS.items() for model in models]
    return "".join(_entry(name, known[name]) for name in names if name in known)


def _entry(name: str, row: Mapping[str, object]) -> str:
    rates = row.get("prices", {}).get("rates", {})  # type: ignore[attr-defined]
    facts = {key: row[key] for key in ("window", "max_output", *_ABILITIES) if key in row}
    prices = {f"{key}_price": rates[key] for key in ("input", "output") if key in rates}
    lines = [f"{key} = {json.dumps(value)}" for key, value in {**facts, **prices}.items()]
    return "\n".join(["", f'[catalog."{name}"]', *lines, ""])


_ABILITIES = ("tools", "images", "documents", "audio", "reasoning", "json_schema")


@contextmanager
def _terminal(home: Home, *arguments: str, columns: int, rows: int) -> Iterator[Terminal]:
    command = [sys.executable, "-m", "aircher_cli", *arguments]
    environ = {name: value for name, value in home.environ.items() if name != "NO_COLOR"}
    with open_screen(command, environ, columns=columns, rows=rows) as terminal:
        yield terminal


def _picture(terminal: Terminal, title: str, rows: range | None = None) -> Picture:
    """Draw rows of the screen; by default all down to the last one with text."""
    lines = terminal.text.rstrip().splitlines()
    rows = range(len(lines)) if rows is None else rows
    svg = draw(terminal.screen, title, rows, MASKS)
    return Picture(svg, "\n".join(lines[row] for row in rows))


def _find(lines: list[str], start: str) -> int:
    return next(number for number, line in enumerate(lines) if line.startswith(start))
