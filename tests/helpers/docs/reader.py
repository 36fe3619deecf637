"""A reader of the documentation: a home with what its examples expect, and simulated providers.

`~/aircher` is the checkout.
"""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.docs.blocks import ROOT
from helpers.docs.terminal import CTRL_C

KEY = "canary-reader-0123456789abcdef"

VARIABLES = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY")

CONFIG = """\
[providers.anthropic]
base_url = "{url}"
env = "ANTHROPIC_API_KEY"
[providers.openai]
base_url = "{url}/v1"
env = "OPENAI_API_KEY"
[providers.gemini]
base_url = "{url}"
env = "GEMINI_API_KEY"
[providers.openrouter]
base_url = "{url}/api/v1"
env = "OPENROUTER_API_KEY"
[providers.ollama]
base_url = "{url}"

[models.sonnet]
routes = ["anthropic/claude-sonnet-5", "openrouter/anthropic/claude-sonnet-5"]

[tasks.review]
model = "sonnet"
system = "You review code."

[network]
models_dev = "{models_dev}"
"""
"""The built-in providers at the simulator, and the alias and the task that the pages use."""

ASKS = """\
import os, urllib.request as web
headers = {{"Authorization": "Bearer " + os.environ["{key}"]}}
assert web.urlopen(web.Request(os.environ["{url}"] + "{path}", headers=headers)).status == 200
"""
"""A script that asks aircher something, and fails if it is not let in."""

FILES: dict[str, bytes] = {
    "README.md": b"# Groceries\n\nWhat to buy.\n",
    "notes.md": b"# Notes\n\nBread, milk.\n",
    "build.log": b"main.c:1: error: expected a declaration\n",
    "changes.txt": b"Tea is on the list now.\n",
    "letter.txt": b"Yours sincerely, Ada Lovelace\n",
    "questions.txt": b"Which fish swims?\nWhich bird does not?\n",
    "book.txt": b"Call me Ishmael.\n" * 400,
    "photo.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "paper.pdf": b"%PDF-1.4\n1 0 obj <<>> endobj\n%%EOF\n",
    "talk.mp3": b"ID3\4\0\0\0\0\0\0",
    "my_script.py": ASKS.format(
        url="OPENAI_BASE_URL", path="/models", key="OPENAI_API_KEY"
    ).encode(),
    "my_ollama_script.py": ASKS.format(
        url="OLLAMA_HOST", path="/api/version", key="OLLAMA_API_KEY"
    ).encode(),
    "person.json": b'{"type": "object", "properties": {"name": {"type": "string"}}}',
}

ADDRESSES = {
    "http://127.0.0.1:8000/v1": "{url}/v1",
    "https://llm.example.com/v1": "{url}/v1",
    "http://gpu-box:11434": "{url}",
    "$(mktemp -d)": (
        '$(mktemp -d -p ~) AIRCHER_AUTOSTART=1; cp ~/.aircher/config.toml "$AIRCHER_HOME"'
    ),
}
"""Servers that a reader would have -> the simulator, also in a home without any configuration."""

QUESTIONS = {"How warm is it in Oslo?": r"call weather {\"city\": \"Oslo\"}"}
"""What a model would answer with a call of a tool -> what the simulated model does so for."""

KEYS = {
    r"model=\$\(aircher-cli models pick\).*": "\r",
    r"aircher-cli chat\b.*": "\x04",  # Ctrl-D
    r"aircher-cli models( pick)?": "\x1b",  # Esc
    r"aircher-cli (status|usage|limits)\b.* --watch": CTRL_C,
    r"aircher-cli events": CTRL_C,
}
"""Commands that need a terminal, or that run until they are stopped -> the keys that end them."""

LED_HERE = """\
files="$AICHAT_CONFIG_FILE $CLINE_PROVIDER_SETTINGS_PATH $CRUSH_GLOBAL_CONFIG/crush.json $2"
{ env; echo "$@"; cat $files; } 2>/dev/null >"$$"
grep -q 127.0.0.1: "$$" && grep -q ak-air- "$$"
led=$?; rm "$$"; exit $led"""
"""What a tool does here: it fails unless it was given an address of this machine, and a token."""

TOOLS = (
    *("claude", "codex", "gemini", "opencode", "copilot", "goose", "aider", "llm", "qwen"),
    *("cline", "cn", "crush", "aichat", "claude-agent-acp", "codex-acp"),
)
PROGRAMS = {
    "pass": f"printf %s {KEY}",
    "op": f"printf %s {KEY}",
    "secret-tool": f"printf %s {KEY}",
    "python": f'exec {sys.executable} "$@"',
    **dict.fromkeys(TOOLS, LED_HERE),
}
"""Programs that a reader would have -> what they do."""


@contextmanager
def open_reader(sim: Simulator) -> Iterator[Home]:
    """Give the home of a reader whose shell and daemon have a key for each provider."""
    for vendor in ("anthropic", "openai", "gemini", "openrouter", "ollama"):
        sim.keys.accept(vendor, "*")
    with open_home({**dict.fromkeys(VARIABLES, KEY), "VISUAL": "true"}) as home:
        for name, content in FILES.items():
            (home.root / name).write_bytes(content)
        tools = home.root / "tools"
        tools.mkdir()
        for name, does in PROGRAMS.items():
            (tools / name).write_text(f"#!/bin/sh\n{does}\n")
            (tools / name).chmod(0o755)
        (home.root / "aircher").symlink_to(ROOT)
        _commit_a_change(home)
        with _models_dev() as models_dev:
            home.write_config(CONFIG.format(url=sim.url, models_dev=models_dev))
            home.start()
            yield home


def addresses(sim: Simulator) -> dict[str, str]:
    """Return what a page names -> what runs instead."""
    servers = {old: new.format(url=sim.url) for old, new in ADDRESSES.items()}
    return servers | QUESTIONS | {"8137": _free_port()}


def _free_port() -> str:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return str(sock.getsockname()[1])


class _PublicData(BaseHTTPRequestHandler):
    """Answers every request with data as models.dev has it."""

    def do_GET(self) -> None:
        model = {"id": "gpt-5.5", "limit": {"context": 400_000}, "cost": {"input": 2, "output": 8}}
        body = json.dumps({"openai": {"id": "openai", "models": {"gpt-5.5": model}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def _models_dev() -> Iterator[str]:
    """Serve the data on this machine; give its URL."""
    with HTTPServer(("127.0.0.1", 0), _PublicData) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api.json"
        finally:
            server.shutdown()
            thread.join()


def _commit_a_change(home: Home) -> None:
    """Make the home a Git repository with one commit, and a change since."""
    script = """\
    git init -q -b main && git config user.name Ada && git config user.email ada@example.com
    git add notes.md && git commit -qm "Add notes" && echo "Tea." >> notes.md
    """
    subprocess.run(["sh", "-ec", script], cwd=home.root, env=home.environ, timeout=50, check=True)
