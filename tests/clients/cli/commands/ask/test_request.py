"""The chat request of `ask`."""

import json
import os
import threading
from pathlib import Path

import pytest

from aircher_cli.commands.ask import request
from aircher_cli.commands.ask.command import build_parser
from aircher_cli.commands.ask.request import read_request
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed, UsageError
from helpers.daemon.cli import Stream

Map = dict[str, object]


def request_of(*words: str, stdin: str | None = None) -> Map:
    keyboard = Stream((stdin or "").encode(), terminal=stdin is None)
    context = Context(Console(None, None, {}), {}, keyboard)
    return read_request(context, build_parser().parse(words))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {}),
        (("-m", "a/b"), {"model": "a/b"}),
        (("-t", "review"), {"task": "review"}),
        (("-s", "be brief"), {"system": "be brief"}),
        (("--max-tokens", "5", "--temperature", "0"), {"max_tokens": 5, "temperature": 0.0}),
        (("--top-p", "0.9"), {"top_p": 0.9}),
        (("--reasoning", "none"), {"reasoning": "none"}),
        (("--stop", "a", "--stop", "b"), {"stop": ["a", "b"]}),
        (("--no-stream",), {"stream": False}),
        (("--timeout", "2.5"), {"timeout": 2.5}),
        (("--provider", "x", "--provider", "y"), {"route": {"providers": ["x", "y"]}}),
        (("--no-fallback",), {"route": {"no_fallback": True}}),
        (("--strategy", "cheapest"), {"route": {"strategy": "cheapest"}}),
        (("--key", "work"), {"route": {"key": "work"}}),
        (("--wait", "0"), {"wait": 0.0}),
        (("--conversation", "tea"), {"conversation": "tea"}),
        (("--modality", "image", "--modality", "image"), {"modalities": ["image"]}),
        (("--tool", "web_search"), {"tools": [{"type": "web_search"}]}),
        (
            ("--tools", '[{"name": "look"}]', "--tool", "code_execution"),
            {"tools": [{"name": "look"}, {"type": "code_execution"}]},
        ),
        (
            ("--tools", '[{"name": "a"}, {"name": "b"}]', "--cache"),
            {"tools": [{"name": "a"}, {"name": "b", "cache": True}]},
        ),
        (("--json-object",), {"response_format": {"type": "json_object"}}),
        (
            ("--schema", '{"type": "object"}'),
            {"response_format": {"type": "json_schema", "schema": '{"type": "object"}'}},
        ),
        (
            ("--schema", "{}", "--no-strict"),
            {"response_format": {"type": "json_schema", "schema": "{}", "strict": False}},
        ),
        (("--tools", '[{"name": "look"}]'), {"tools": [{"name": "look"}]}),
        (
            ("--tools", '[{"name": "look"}]', "--tool-choice", "look"),
            {"tools": [{"name": "look"}], "tool_choice": {"name": "look"}},
        ),
        (
            ("--tools", '[{"name": "look"}]', "--tool-choice", "required"),
            {"tools": [{"name": "look"}], "tool_choice": "required"},
        ),
    ],
)
def test_fields(words: tuple[str, ...], expected: Map) -> None:
    """Each option becomes its field; what was not asked for is left out."""
    messages = [{"role": "user", "content": "hi"}]
    assert request_of("hi", *words) == {"messages": messages, **expected}


def test_a_prompt_goes_after_the_conversation(tmp_path: Path) -> None:
    """`--messages` goes first, as it is; without a prompt it goes alone."""
    before = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    (tmp_path / "m.json").write_text(json.dumps(before))
    name = str(tmp_path / "m.json")
    assert request_of("--messages", name) == {"messages": before}
    assert request_of("--messages", name, "go on") == {
        "messages": [*before, {"role": "user", "content": "go on"}]
    }


def test_everything_before_the_question_is_marked_for_the_cache(tmp_path: Path) -> None:
    """The system prompt, the conversation and the files, which stand before the question."""
    file = tmp_path / "a.txt"
    file.write_text("text")
    request = request_of(
        *("--cache=1h", "why?", "-s", "brief", "-f", str(file)),
        *("--messages", '[{"role": "user", "content": "hi"}]'),
    )
    assert request == {
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "brief", "cache": "1h"}]},
            {"role": "user", "content": [{"type": "text", "text": "hi", "cache": "1h"}]},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": f"{file}:\n```\ntext\n```", "cache": "1h"},
                    {"type": "text", "text": "why?"},
                ],
            },
        ]
    }


def test_standard_input_that_an_option_reads_is_no_prompt() -> None:
    """It goes to who asked for it, and nowhere else."""
    request = request_of("--tools", "-", "hi", stdin='[{"name": "look"}]')
    assert request == {
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "look"}],
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "there is no prompt"),
        ((" ",), "there is no prompt"),
        (("--messages", "[]"), "there is no prompt"),
        (("hi", "--tool-choice", "auto"), "--tool-choice needs --tools"),
        (("hi", "--tools", "[]", "--tool-choice", "look"), 'unknown tool "look"'),
        (("hi", "--cache"), "--cache needs something before the question: -s, -f"),
        (("1h", "hi", "--cache", "-s", "x"), "write --cache=1h"),
        (("hi", "--no-strict"), "--no-strict needs --schema"),
        (("hi", "--schema", "{}", "--json-object"), "cannot be combined"),
        (("hi", "-f", "-", "--schema", "-"), "given as -f -, --schema -"),
    ],
)
def test_options_that_do_not_fit(words: tuple[str, ...], expected: str) -> None:
    """Options that contradict each other, or need another one, are usage errors."""
    with pytest.raises(UsageError, match=expected):
        request_of(*words)


def asked_with_a_pipe(*words: str, ends_after: float | None) -> Map:
    """Return the request with a pipe as standard input; without a time it never ends."""
    reader, writer = os.pipe()
    os.write(writer, b"[]")
    timer = threading.Timer(ends_after or 0.0, os.close, (writer,))
    if ends_after is not None:
        timer.start()
    try:
        with open(reader, encoding="utf-8") as stdin:  # noqa: PTH123 -- a descriptor
            context = Context(Console(None, Stream(), {}), {}, stdin)
            return read_request(context, build_parser().parse(words))
    finally:
        if ends_after is None:
            os.close(writer)
        else:
            timer.join()


@pytest.mark.parametrize(
    "words", [("hi",), ("-f", "-"), ("--messages", "-", "hi"), ("--tools", "-", "hi")]
)
def test_the_time_limit_ends_the_wait_for_input(words: tuple[str, ...]) -> None:
    """Whichever option reads it."""
    with pytest.raises(CommandFailed, match="the input did not end within --timeout"):
        asked_with_a_pipe("--timeout", "0.01", *words, ends_after=None)


def test_the_wait_for_input_counts_for_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the limit of the command; the request keeps a little time in any case."""
    monkeypatch.setattr(request, "MIN_WAIT_SECONDS", 0.01)
    left = asked_with_a_pipe("--timeout", "60", "hi", ends_after=0.05)["timeout"]
    assert isinstance(left, float)
    assert 0.01 <= left < 60
