"""`aircher-cli route`."""

import json

import pytest

from aircher_cli.commands.route import IMAGE, build_parser, build_request
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, refuses

PLAN: Map = {
    "strategy": "priority",
    "max_attempts": 4,
    "needs": {"abilities": [], "input_tokens": 1000, "output_tokens": 0},
    "candidates": [{"provider": "openai", "model": "gpt-5.5", "why": "first in the chain"}],
    "skipped": [],
}
NO_KEY: Map = {"provider": "gemini", "reason": "not_authenticated", "message": "no key"}
BUSY: Map = {"provider": "openai", "reason": "rate_limited", "message": "too fast"}
BLIND: Map = {"provider": "work", "reason": "bad_request", "message": "cannot see"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {}),
        (("-m", "sonnet"), {"model": "sonnet"}),
        (("-t", "review"), {"task": "review"}),
        (("--conversation", "tea"), {"conversation": "tea"}),
        (("--provider", "a", "--provider", "b"), {"route": {"providers": ["a", "b"]}}),
        (("--strategy", "fastest"), {"route": {"strategy": "fastest"}}),
        (("--max-tokens", "9"), {"max_tokens": 9}),
        (("--tools",), {"tools": [{"name": "any"}]}),
        (("--schema",), {"response_format": {"type": "json_schema", "schema": "{}"}}),
        (("--reasoning",), {"reasoning": "medium"}),
    ],
)
def test_the_request(words: tuple[str, ...], expected: Map) -> None:
    """Each option makes it one of its kind; what was not asked for is left out."""
    messages = [{"role": "user", "content": "x" * 3486}]
    assert {"messages": messages, **expected} == build_request(build_parser().parse(words))


@pytest.mark.parametrize(
    ("tokens", "size"), [("1", 0), ("4", 0), ("104", 350), ("8000000", 27_999_986)]
)
def test_the_prompt_is_as_long_as_was_said(tokens: str, size: int) -> None:
    """So that windows, prices and limits are judged as they would be."""
    request = build_request(build_parser().parse(["--tokens", tokens]))
    assert request["messages"] == [{"role": "user", "content": "x" * size}]


def test_an_image_is_a_part_of_the_prompt() -> None:
    """It is not fetched, and no provider is asked."""
    request = build_request(build_parser().parse(["--image", "--tokens", "4"]))
    parts = [{"type": "text", "text": ""}, IMAGE]
    assert request["messages"] == [{"role": "user", "content": parts}]


def test_the_plan_is_shown(daemon: CliDaemon) -> None:
    """On standard output: it is the answer."""
    daemon.answers["route.explain"] = PLAN
    outcome = run_cli(daemon.environ, "route")
    assert outcome.out.splitlines()[1] == "1. openai/gpt-5.5  ?  first in the chain"
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize(
    ("skipped", "expected"),
    [([], 5), ([NO_KEY], 4), ([NO_KEY, BUSY], 5), ([BLIND], 1), ([BLIND, BLIND], 5)],
)
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_the_exit_code_where_no_candidate_is_left(
    daemon: CliDaemon, skipped: list[Map], expected: int, words: tuple[str, ...]
) -> None:
    """Is the one that `ask` would have."""
    daemon.answers["route.explain"] = {**PLAN, "candidates": [], "skipped": skipped}
    assert run_cli(daemon.environ, "route", *words).code == expected


def test_json(daemon: CliDaemon) -> None:
    """What the daemon says."""
    daemon.answers["route.explain"] = PLAN
    assert json.loads(run_cli(daemon.environ, "route", "--json").out) == PLAN


def test_an_unknown_model(daemon: CliDaemon) -> None:
    """Is the daemon's to refuse."""
    daemon.answers["route.explain"] = refuses("unknown_model", "unknown model 'x'")
    outcome = run_cli(daemon.environ, "route", "-m", "x")
    assert (outcome.code, outcome.err) == (1, "aircher-cli: unknown model 'x'\n")


@pytest.mark.parametrize(
    "words",
    [("--tokens", "0"), ("--tokens", "8000001"), ("--strategy", "best"), ("-m", ""), ("hello",)],
)
def test_usage_errors(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """A wrong command line is exit code 2, before anything is sent."""
    outcome = run_cli(daemon.environ, "route", *words)
    assert (outcome.code, outcome.out, daemon.calls) == (2, "", [])
