"""Every command of docs/configuration.md runs, and the page shows what it prints."""

import re
import shlex
import tomllib
from importlib import import_module

import pytest

from aircher_cli.registry import COMMANDS, find_command
from helpers.daemon.real_daemon import Home
from helpers.docs_commands import DOCS, run_page

PAGE = (DOCS / "configuration.md").read_text()
INLINE = sorted(set(re.findall(r"`aircher-cli ([^`]+)`", PAGE)))
KEY = "canary-spare-0123456789abcdef"

BEFORE = """\
# What the page's commands leave alone.

[providers.anthropic]
base_url = "{url}" # a simulator

# No server of this machine is asked.
[providers.ollama]
base_url = "http://127.0.0.1:1"
"""


def test_every_command_runs(home: Home, sim: object) -> None:
    """In the order of the page, and nothing of the user's own is lost."""
    url = sim.url  # type: ignore[attr-defined]
    sim.keys.accept("openai", "*")  # type: ignore[attr-defined]
    home.write_config(BEFORE.format(url=url))
    home.environ["VISUAL"] = "true"
    home.start()
    replace = {"http://127.0.0.1:8000": url, "http://gpu-box:11434": url}
    ran = run_page(
        "configuration.md", home, inputs={"aircher-cli auth login anthropic": KEY}, replace=replace
    )
    text = home.config_file.read_text()
    own = BEFORE.format(url=url).splitlines()
    assert [line for line in text.splitlines() if line in own and line] == list(filter(None, own))
    data = tomllib.loads(text)
    assert data["default_model"] == "sonnet"
    assert data["limits"] == [{"provider": "anthropic", "usd": 7.5, "per": "day"}]
    assert data["catalog"] == {"local/some-model": {"window": 32768}}
    assert "idle_timeout" not in text
    assert "gpu" not in data["providers"]
    added = next(each for each in ran if "providers add local" in each.shown.text)
    assert "✓ it answers and lists" in added.out
    assert KEY not in text


@pytest.mark.parametrize("line", INLINE)
def test_every_command_in_the_text_is_valid(line: str) -> None:
    """The parser of the command accepts it."""
    found = find_command(shlex.split(line))
    if found is None:
        assert any(name.startswith(f"{line} ") for name in COMMANDS), line
        return
    name, arguments = found
    parser = import_module(f"aircher_cli.commands.{COMMANDS[name][0]}").build_parser()
    if arguments or name in {"config edit", "config schema"}:
        parser.parse(arguments)
