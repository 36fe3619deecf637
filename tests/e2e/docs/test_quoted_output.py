"""The output that the first pages quote is what their commands print, in a home with a keyring."""

import re
from collections.abc import Iterator

import pytest

from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.docs.blocks import blocks_of, read
from helpers.docs.quoted import assert_quoted, masked, quoted
from helpers.docs.reader import KEYS, PROGRAMS
from helpers.docs_commands import Ran, run_page
from helpers.pictures.scenes import catalogue
from helpers.screen.terminal_user import CLI, TerminalUser
from helpers.secret_service import secret_service

KEY = "canary-quoted-0123456789"

CONFIG = """\
[providers.anthropic]
base_url = "{url}"
[providers.openai]
base_url = "{url}/v1"
env = "OPENAI_API_KEY"
[catalog."anthropic/claude-opus-5"]
window = 1000000
input_price = 5
output_price = 25
tools = true
images = true
documents = true
reasoning = true
json_schema = true
"""

ONLY_AT_THE_VENDOR = "Keys are created at "


@pytest.fixture
def newcomer(sim: Simulator) -> Iterator[Home]:
    """A new user with an open keyring, whose providers are simulated."""
    for vendor in ("anthropic", "openai", "ollama"):
        sim.keys.accept(vendor, "*")
    with secret_service() as service, open_home(service.environ) as home:
        tools = home.root / "tools"
        tools.mkdir()
        (tools / "pass").write_text(f"#!/bin/sh\n{PROGRAMS['pass']}\n")
        (tools / "pass").chmod(0o755)
        home.write_config(CONFIG.format(url=sim.url) + catalogue())
        home.start()
        yield home


def run_and_compare(page: str, user: Home, sections: list[str] | None = None) -> list[Ran]:
    """Run a page; each line that it quotes must be one of the real output, apart from times."""
    ran = run_page(page, user, inputs={"aircher-cli auth login": KEY}, keys=KEYS, sections=sections)
    assert_quoted(page, ran)
    return ran


@pytest.mark.timeout(180)
def test_getting_started(newcomer: Home) -> None:
    """Its commands print what it quotes, and end with two providers in a chain and a budget."""
    ran = run_and_compare("guide/getting-started.md", newcomer)
    printed = {each.shown.text: each.out for each in ran}
    order = printed["aircher-cli route"].splitlines()
    assert [line.split()[1] for line in order[1:3]] == [
        "anthropic/claude-sonnet-5",
        "openai/gpt-5.5",
    ]
    assert "anthropic: 5.00 USD a day" in printed["aircher-cli limits"]


def test_signing_in(newcomer: Home) -> None:
    """The sections that every reader starts with quote what their commands print."""
    run_and_compare("sign-in/index.md", newcomer, ["Store a key", "See what is used"])


def test_the_question_of_a_command_without_a_key(newcomer: Home) -> None:
    """What the page about the command line shows of it."""
    words = (*CLI, "ask", "why is the sky blue?")
    with TerminalUser(words, {**newcomer.environ, "OPENAI_API_KEY": KEY}) as user:
        user.read_until("to leave: ")
        user.send("2\n")
        user.read_until("(not shown): ")
        user.wait_for_echo(on=False)
        user.send(f"{KEY}\n")
        assert user.wait() == 0
    [lines] = quoted("cli.md").values()
    expected = [line for line in lines if not line.startswith(ONLY_AT_THE_VENDOR)]
    assert len(expected) > 6
    assert _missing(expected, user.shown) == []


ROUTED = """\
[providers.anthropic]
base_url = "{url}"
env = "ANTHROPIC_API_KEY"
[providers.openai]
base_url = "{url}/v1"
env = "OPENAI_API_KEY"
[providers.ollama]
base_url = "{url}"
"""


def test_why_a_request_went_there(sim: Simulator) -> None:
    """The page about routing quotes an attempt that fails, and the plan after it."""
    for vendor in ("anthropic", "openai", "ollama"):
        sim.keys.accept(vendor, "*")
    sim.faults.add(
        Fault(kind="error", error="rate_limit", vendor="anthropic", retry_after=300, times=None)
    )
    chain = next(b for b in blocks_of(read("routing.md")) if b.text.startswith("default_model"))
    with open_home({"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY}) as home:
        home.write_config("\n".join([chain.text, ROUTED.format(url=sim.url), catalogue()]))
        home.start()
        tried, plan = home.cli("ask", "-v", "hello"), home.cli("route")
    planned, asked = quoted("routing.md").values()
    assert _missing(asked, tried.stdout + tried.stderr) == []
    assert _missing(planned, plan.stdout) == []


def _missing(expected: list[str], printed: str) -> list[str]:
    """Return the lines that were not printed; `...` stands for what the vendor says."""
    lines = [masked(line) for line in printed.splitlines()]
    patterns = {line: re.escape(line).replace(r"\.\.\.", ".*") for line in expected}
    return [
        line
        for line, pattern in patterns.items()
        if not any(re.fullmatch(pattern, each) for each in lines)
    ]
