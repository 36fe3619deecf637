"""`aircher-cli ask`."""

import argparse
import json

import pytest

from aircher_cli.commands.ask import build_parser, build_request
from helpers.cli import run_cli
from helpers.cli_daemon import CliDaemon, Map, Refusal, Session, chat_result, refuses, streams

FAILED = {
    "provider": "anthropic",
    "model": "sonnet",
    "key": "work",
    "outcome": "auth_rejected",
    "ms": 9,
    "message": "the key was refused",
}
SERVED = {"provider": "openai", "model": "gpt-5.5", "key": "default", "outcome": "ok", "ms": 40}


def options_of(*words: str) -> argparse.Namespace:
    return build_parser().parse(words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {}),
        (("-m", "a/b"), {"model": "a/b"}),
        (("-s", "be brief"), {"system": "be brief"}),
        (("--max-tokens", "5", "--temperature", "0"), {"max_tokens": 5, "temperature": 0.0}),
        (("--stop", "a", "--stop", "b"), {"stop": ["a", "b"]}),
        (("--no-stream",), {"stream": False}),
        (("--timeout", "2.5"), {"timeout": 2.5}),
        (("--provider", "x", "--provider", "y"), {"route": {"providers": ["x", "y"]}}),
        (("--no-fallback",), {"route": {"no_fallback": True}}),
    ],
)
def test_request(words: tuple[str, ...], expected: Map) -> None:
    """Each option becomes its field; what was not asked for is left out."""
    messages = [{"role": "user", "content": "hi"}]
    assert build_request(options_of(*words), "hi") == {"messages": messages, **expected}


def test_prompt_from_arguments_and_standard_input(daemon: CliDaemon) -> None:
    """First the arguments, then a blank line, then standard input."""
    daemon.answers["chat"] = streams("ok")
    run_cli(daemon.environ, "ask", "explain", "this", stdin="x = 1\n")
    assert daemon.params_of("chat")["messages"] == [
        {"role": "user", "content": "explain this\n\nx = 1"}
    ]


@pytest.mark.parametrize("stdin", [None, "", "\n \n"])
def test_nothing_to_ask(daemon: CliDaemon, stdin: str | None) -> None:
    """Without a prompt it is a usage error, and the daemon is not bothered."""
    outcome = run_cli(daemon.environ, "ask", stdin=stdin)
    assert (outcome.code, outcome.out, daemon.calls) == (2, "", [])
    assert "nothing to ask" in outcome.err


def test_no_stream_shows_the_final_result(daemon: CliDaemon) -> None:
    """With --no-stream nothing is streamed, and the answer is shown whole."""
    daemon.answers["chat"] = streams("one ", "two")
    assert run_cli(daemon.environ, "ask", "--no-stream", "hi").out == "one two\n"


def test_json_is_one_object(daemon: CliDaemon) -> None:
    """--json prints the names the design promises, and no streamed text."""
    daemon.answers["chat"] = streams("one ", "two")
    outcome = run_cli(daemon.environ, "ask", "--json", "hi")
    assert json.loads(outcome.out) == {
        "text": "one two",
        "provider": "openai",
        "model": "gpt-5.5",
        "finish": "stop",
        "usage": {"input_tokens": 12, "output_tokens": 3, "cached_tokens": 0},
        "cost": "0.0012",
        "attempts": [SERVED],
        "skipped": [],
    }
    assert outcome.err == ""


def test_usage_on_standard_error(daemon: CliDaemon) -> None:
    """-u adds a line on standard error; the answer stays clean."""
    daemon.answers["chat"] = streams("hi")
    outcome = run_cli(daemon.environ, "ask", "-u", "hi")
    assert outcome.out == "hi\n"
    assert outcome.err == "12 tokens in, 3 out, $0.0012, openai/gpt-5.5\n"


def test_a_fallback_is_told(daemon: CliDaemon) -> None:
    """Without -v one line says who failed and who answered."""
    daemon.answers["chat"] = streams("hi", attempts=[FAILED, SERVED])
    outcome = run_cli(daemon.environ, "ask", "hi")
    assert outcome.out == "hi\n"
    assert outcome.err == "anthropic refused the key; openai/gpt-5.5 answered\n"


def test_verbose_tells_attempts_as_they_happen(daemon: CliDaemon) -> None:
    """-v names every attempt once, and everything that was passed over."""

    def chat(session: Session, msgid: int, params: Map) -> object:
        trying = {"provider": "anthropic", "model": "sonnet", "key": "work", "outcome": "trying"}
        session.delta(msgid, 0, type="attempt", **trying)
        session.delta(msgid, 1, type="attempt", **FAILED)
        session.delta(msgid, 2, type="text", text="hi")
        skipped = [{"provider": "ollama", "reason": "network", "message": "nobody listens"}]
        return chat_result("hi", attempts=[FAILED, SERVED], skipped=skipped)

    daemon.answers["chat"] = chat
    assert run_cli(daemon.environ, "ask", "-v", "hi").err.splitlines() == [
        "trying anthropic/sonnet (key work)",
        "anthropic/sonnet (key work) failed after 9 ms: the key was refused",
        "passed over: ollama: nobody listens",
        "openai/gpt-5.5 (key default) answered after 40 ms",
    ]


def test_a_broken_answer_is_shown_as_far_as_it_came(daemon: CliDaemon) -> None:
    """A cut stream: the text so far once, the message on standard error, exit code 1."""

    def chat(session: Session, msgid: int, params: Map) -> object:
        session.delta(msgid, 0, type="text", text="half an ")
        raise Refusal("truncated", "openai broke off", text="half an answer", attempts=[])

    daemon.answers["chat"] = chat
    outcome = run_cli(daemon.environ, "ask", "hi")
    assert (outcome.code, outcome.out) == (1, "half an answer\n")
    assert outcome.err == "aircher-cli: openai broke off\n"


def test_a_provider_that_fails_in_mid_answer_is_a_cut_answer(daemon: CliDaemon) -> None:
    """Exit code 1, not that of a provider nobody reached: there is output."""
    half = {"text": "half", "finish": "error", "attempts": [{"outcome": "overloaded"}]}
    daemon.answers["chat"] = refuses("overloaded", "openai broke off", **half)
    outcome = run_cli(daemon.environ, "ask", "hi")
    assert (outcome.code, outcome.out) == (1, "half\n")


def test_standard_input_as_a_file(daemon: CliDaemon) -> None:
    """`-f -` puts standard input where files stand, under its name."""
    daemon.answers["chat"] = streams("ok")
    run_cli(daemon.environ, "ask", "-f", "-", "explain", stdin="x = 1\n")
    assert daemon.params_of("chat")["messages"] == [
        {"role": "user", "content": "explain\n\nstandard input:\n```\nx = 1\n```"}
    ]


def test_a_newcomer_is_told_what_to_run(daemon: CliDaemon) -> None:
    """With no key anywhere the answer is first steps, the caller's variables among them."""
    skipped = [{"provider": "openai", "reason": "not_authenticated", "message": "no key"}]
    daemon.answers["chat"] = refuses("all_failed", "nobody could answer", skipped=skipped)
    daemon.answers["auth.status"] = {"rows": [], "environment": ["OPENAI_API_KEY", "OTHER_KEY"]}
    ollama = {"provider": "ollama", "kind": "ollama", "state": "not_required"}
    daemon.answers["status"] = {"providers": [ollama], "default": {"candidates": []}}
    environ = {**daemon.environ, "OPENAI_API_KEY": "k-0123456789"}
    outcome = run_cli(environ, "ask", "hi")
    assert (outcome.code, outcome.out) == (4, "")
    assert outcome.err.splitlines() == [
        "aircher-cli: Nobody is signed in yet. Any of these is a start:",
        "  aircher-cli auth import           takes OPENAI_API_KEY from this shell",
        "  aircher-cli auth login anthropic  or openai, openrouter: asks for your key",
        "  aircher-cli ask -m ollama/MODEL   a model that your Ollama serves, without any key",
        "  aircher-cli demo                  see how it works, without key or network",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("--max-tokens", "0"),
        ("--temperature", "hot"),
        ("--timeout", "0"),
        ("--timeout", "inf"),
        ("-m",),
        ("--nonsense",),
    ],
)
def test_usage_errors(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """A wrong command line is exit code 2, before anything is sent."""
    outcome = run_cli(daemon.environ, "ask", "hi", *words)
    assert (outcome.code, outcome.out, daemon.calls) == (2, "", [])
