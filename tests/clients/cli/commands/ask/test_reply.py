"""What `ask` shows of a reply."""

import re
import time

import pytest

from aircher_cli.commands.ask.reply import (
    ReplyPrinter,
    attempt_line,
    broken_json,
    reply_record,
    reply_text,
    route_note,
    tool_calls,
    usage_line,
    waiting_note,
)
from aircher_cli.console import Console
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import Map, chat_result

REFUSED = {"provider": "anthropic", "outcome": "auth_rejected", "ms": 1}
OVERLOADED = {"provider": "work", "outcome": "overloaded", "ms": 1}
OK = {"provider": "openai", "outcome": "ok", "ms": 1}
DEAF = {
    "provider": "anthropic",
    "outcome": "bad_request",
    "message": "messages[0]: Anthropic does not take sound",
}
LOCKED = {"provider": "anthropic", "reason": "keyring_locked", "message": "locked"}
NO_KEY = {"provider": "anthropic", "reason": "not_authenticated", "message": "no key"}
CALL = {"type": "tool_call", "id": "1", "name": "look", "arguments": "{}"}


@pytest.mark.parametrize(
    ("attempts", "skipped", "asked", "expected"),
    [
        ([OK], [], None, ""),
        ([OK], [NO_KEY], None, ""),
        ([OK], [], "openai/gpt-5.5", ""),
        ([OK], [], "openai/gpt-5", ""),
        ([OK], [], "sonnet", ""),
        ([OK], [], "anthropic/claude", "openai/gpt-5.5 answered"),
        ([REFUSED, OK], [], None, "anthropic refused the key; openai/gpt-5.5 answered"),
        (
            [REFUSED, OVERLOADED, OK],
            [NO_KEY],
            "sonnet",
            "anthropic refused the key; work is overloaded; openai/gpt-5.5 answered",
        ),
        (
            [OK],
            [LOCKED],
            None,
            "anthropic skipped: it has a key that is locked; openai/gpt-5.5 answered",
        ),
        (
            [DEAF, OK],
            [],
            None,
            "anthropic: Anthropic does not take sound; openai/gpt-5.5 answered",
        ),
    ],
)
def test_way_note(
    attempts: list[Map], skipped: list[Map], asked: str | None, expected: str
) -> None:
    """One line where the answer did not come from the first choice, silence where it did."""
    assert expected == route_note(chat_result("x", attempts=attempts, skipped=skipped), asked)


def test_keys_are_named_where_one_provider_failed_and_answered() -> None:
    """Without them, the note would say that it failed and answered."""
    limited = {**OK, "key": "private", "outcome": "rate_limited"}
    answered = {**OK, "key": "work"}
    result = chat_result("x", attempts=[OVERLOADED, limited, answered])
    assert route_note(result, None) == (
        "work is overloaded; openai (key private) is rate-limiting; "
        "openai/gpt-5.5 (key work) answered"
    )
    skipped = [{"provider": "openai", "key": "private", "reason": "keyring_locked"}]
    result = chat_result("x", attempts=[answered], skipped=skipped)
    assert route_note(result, None).startswith("openai (key private) skipped: it ")


def test_a_label_in_the_request_is_no_other_model() -> None:
    """The provider and the model are those that were asked for."""
    assert route_note(chat_result("x", attempts=[OK]), "openai@work/gpt-5.5") == ""


def test_way_of_an_empty_answer() -> None:
    """Whose it is was said before; the others are named."""
    emptied = {**OK, "outcome": "empty_reply"}
    result = chat_result("", attempts=[emptied, REFUSED]) | {"empty": True}
    assert route_note(result, None) == "anthropic refused the key"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("plain", "plain"),
        ([{"type": "text", "text": "a"}, CALL, {"type": "text", "text": "b"}], "ab"),
        ([], ""),
        (None, ""),
    ],
)
def test_reply_text(content: object, expected: str) -> None:
    """The text is in a string or in the text parts."""
    assert expected == reply_text({"message": {"role": "assistant", "content": content}})


def test_tool_calls_are_in_the_record_only_if_there_are_any() -> None:
    """A script sees the calls; without any there is no such name."""
    with_call = chat_result("", message={"role": "assistant", "content": [CALL]})
    assert tool_calls(with_call) == [{"id": "1", "name": "look", "arguments": "{}"}]
    assert "tool_calls" in reply_record(with_call)
    custom = {"role": "assistant", "content": [{**CALL, "custom": True}]}
    assert tool_calls(chat_result("", message=custom))[0]["custom"] is True
    assert "tool_calls" not in reply_record(chat_result("x"))


@pytest.mark.parametrize(
    ("usage", "cost", "expected"),
    [
        (
            {"input_tokens": 9, "output_tokens": 5, "cached_tokens": 4, "reasoning_tokens": 2},
            "0.1",
            "9 (4 cached) tokens in, 5 (2 reasoning) out, $0.10, openai/gpt-5.5",
        ),
        (
            {"input_tokens": 9, "output_tokens": 5},
            None,
            "9 tokens in, 5 out, cost unknown, openai/gpt-5.5",
        ),
        (
            {"input_tokens": 9, "cached_tokens": 2, "cache_write_tokens": 3},
            "0.1",
            "9 (2 cached, 3 written to the cache) tokens in, 0 out, $0.10, openai/gpt-5.5",
        ),
        (
            None,
            "0.000018149999999999997",
            "tokens unknown, $0.000018, openai/gpt-5.5",
        ),
        (None, None, "tokens unknown, cost unknown, openai/gpt-5.5"),
    ],
)
def test_usage_line(usage: Map | None, cost: str | None, expected: str) -> None:
    """What is not known is said not to be: an unknown price is no price of 0."""
    assert expected == usage_line(chat_result("x", usage=usage, cost=cost))


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        ({"provider": "a", "model": "m", "outcome": "trying"}, "trying a/m"),
        (
            {"provider": "a", "model": "m", "key": "k", "outcome": "ok", "ms": 5},
            "a/m (key k) answered after 5 ms",
        ),
        ({"provider": "a", "outcome": "timeout"}, "a took too long"),
        (
            {"provider": "a", "outcome": "timeout", "ms": 5, "message": "no byte"},
            "a failed after 5 ms: no byte",
        ),
        ({**OK, "outcome": "waiting", "ms": 61_000}, "waiting 1 min for openai"),
        ({"provider": "a", "model": "m", "outcome": "waiting"}, "waiting for a/m"),
    ],
)
def test_attempt_line(attempt: Map, expected: str) -> None:
    """Who, with which key, what came of it, how long it took."""
    assert expected == attempt_line(attempt)


@pytest.mark.parametrize(
    ("finish", "expected"),
    [
        ("stop", ""),
        ("length", "--max-tokens"),
        ("content_filter", "content filter"),
        ("refusal", "the model refused to answer"),
        ("pause", "did not complete it"),
    ],
)
def test_an_answer_that_only_looks_complete_is_marked(finish: str, expected: str) -> None:
    """A limit or a filter that ended the answer gets a line on standard error."""
    out, err = Stream(), Stream()
    printer = ReplyPrinter(Console(out, err, {}), quiet=False, verbose=False)
    printer.finish(chat_result("x", finish=finish), show_text=True)
    assert out.text == "x\n"
    assert expected in err.text
    assert bool(expected) == bool(err.text)


def test_a_reply_of_tool_calls_alone_is_lines_of_json() -> None:
    """No empty line stands for the text that there is not."""
    out, err = Stream(), Stream()
    printer = ReplyPrinter(Console(out, err, {}), quiet=False, verbose=False)
    message = {"role": "assistant", "content": [CALL, CALL]}
    printer.finish(chat_result("", message=message), show_text=True)
    line = '{"tool_call": {"id": "1", "name": "look", "arguments": "{}"}}\n'
    assert (out.text, err.text) == (line * 2, "")


def test_what_a_failed_provider_thought_ends_with_it() -> None:
    """The next one's reasoning starts again."""
    out, err = Stream(), Stream()
    printer = ReplyPrinter(Console(out, err, {}), quiet=False, verbose=False, with_reasoning=True)
    printer.on_delta({"type": "reasoning", "text": "hm"})
    printer.on_delta({"type": "attempt", "outcome": "overloaded"})
    printer.on_delta({"type": "reasoning", "text": "aha"})
    printer.finish(chat_result("x"), show_text=True)
    assert (out.text, err.text) == ("x\n", "hm\n\naha\n\n")


def test_thinking_that_was_not_streamed() -> None:
    """The message has it."""
    out, err = Stream(), Stream()
    content = [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "x"}]
    for thinking, expected in ((True, "hm\n\n"), (False, "")):
        err = Stream()
        printer = ReplyPrinter(
            Console(out, err, {}), quiet=False, verbose=False, with_reasoning=thinking
        )
        printer.finish(chat_result("", message={"content": content}), show_text=True)
        assert expected == err.text


SEARCH: Map = {"type": "other", "kind": "web_search_call", "data": '{"id":\n "' + "x" * 500 + '"}'}


@pytest.mark.parametrize("is_streamed", [True, False])
def test_what_only_the_provider_understands_is_shown_by_verbose(is_streamed: bool) -> None:
    """Its kind and the beginning of its data on one line, once."""
    for verbose in (False, True):
        err = Stream()
        printer = ReplyPrinter(Console(Stream(), err, {}), quiet=False, verbose=verbose)
        if is_streamed:
            printer.on_delta(SEARCH)
        content = [SEARCH, {"type": "text", "text": "x"}]
        printer.finish(chat_result("", message={"content": content}, attempts=[]), show_text=True)
        lines = err.text.splitlines()
        assert len(lines) == verbose
        assert all(re.fullmatch(r'web_search_call: \{"id": "x{100,}\.\.\.', line) for line in lines)


def test_what_is_said_in_sound_is_text() -> None:
    """The transcript is printed, streamed or not, and is in the text of `--json`."""
    sound: Map = {"type": "audio", "data": "AAAA", "transcript": "hello"}
    result = chat_result("", message={"content": [sound]})
    for deltas in ([sound], []):
        out = Stream()
        printer = ReplyPrinter(Console(out, None, {}), quiet=False, verbose=False)
        for delta in deltas:
            printer.on_delta(delta)
        printer.finish(result, show_text=True)
        assert out.text == "hello\n"
    assert reply_record(result)["text"] == "hello"


def test_sources_and_images_by_url() -> None:
    """URLs of images are a part of the answer; its sources are listed on standard error."""
    out, err = Stream(), Stream()
    cited = {"type": "text", "text": "x", "citations": [{"url": "https://a", "data": "{}"}]}
    result = chat_result("", message={"content": [cited, {"type": "image", "url": "https://i"}]})
    ReplyPrinter(Console(out, err, {}), quiet=False, verbose=False).finish(result, show_text=True)
    assert (out.text, err.text) == ("x\nhttps://i\n", "sources:\n[1] https://a\n")
    assert reply_record(result)["citations"] == [{"url": "https://a"}]


def test_an_empty_answer_is_reported() -> None:
    """A script sees it in the record."""
    err = Stream()
    result = chat_result("", empty=True)
    printer = ReplyPrinter(Console(Stream(), err, {}), quiet=True, verbose=False)
    printer.finish(result, show_text=False)
    assert err.text == "aircher-cli: openai/gpt-5.5 answered with nothing\n"
    assert reply_record(result)["empty"] is True


def test_deltas_of_another_kind_are_passed_over() -> None:
    """A later daemon may send what we do not know."""
    out = Stream()
    printer = ReplyPrinter(Console(out, None, {}), quiet=False, verbose=True)
    printer.on_delta({"type": "hologram", "text": "x"})
    printer.on_delta({"type": "text", "text": "y"})
    assert (out.text, printer.shown) == ("y", "y")


SKIP: Map = {"type": "attempt", "provider": "work", "model": "m", "message": "it is cooling"}


def test_a_skip_is_reported_once() -> None:
    """As it happens, not again after a wait and not at the end; another reason is news."""
    err = Stream()
    printer = ReplyPrinter(Console(Stream(), err, {}), quiet=False, verbose=True)
    skipped = {**SKIP, "outcome": "skipped"}
    for delta in (skipped, skipped, {**skipped, "message": "at a limit"}):
        printer.on_delta(delta)
    at_the_end = [{**SKIP, "reason": "rate_limited"}, {"provider": "late", "message": "no key"}]
    printer.finish(chat_result("x", attempts=[], skipped=at_the_end), show_text=False)
    assert err.text.splitlines() == [
        "skipped: work/m: it is cooling",
        "skipped: work/m: at a limit",
        "skipped: late: no key",
    ]


def test_skips_are_not_reported_without_verbose() -> None:
    """At a terminal neither."""
    err = Stream(terminal=True)
    printer = ReplyPrinter(Console(Stream(), err, {}), quiet=False, verbose=False)
    printer.on_delta({**SKIP, "outcome": "skipped"})
    assert err.text == ""


@pytest.mark.parametrize(
    ("finish", "content", "wants_json", "expected"),
    [
        ("stop", "{}", True, ""),
        ("length", "words", False, ""),
        ("length", "{", True, "aircher-cli: the JSON is therefore incomplete"),
        ("refusal", "No.", True, "aircher-cli: the answer is therefore not the requested JSON"),
        ("refusal", "No.", False, ""),
        ("content_filter", [CALL], False, "aircher-cli: the arguments of the last tool call"),
        ("tool_calls", [CALL], False, ""),
    ],
)
def test_broken_json(finish: str, content: object, wants_json: bool, expected: str) -> None:
    """It matters where a program parses it."""
    result = chat_result("", message={"role": "assistant", "content": content}, finish=finish)
    assert broken_json(result, wants_json=wants_json).startswith(expected)
    assert bool(broken_json(result, wants_json=wants_json)) == bool(expected)


def test_an_answer_that_only_another_program_can_give_is_named() -> None:
    """A request for approval alone is not an empty success."""
    out, err = Stream(), Stream()
    printer = ReplyPrinter(Console(out, err, {}), quiet=False, verbose=False)
    asked = {"type": "other", "kind": "mcp_approval_request", "data": "{}"}
    message = {"role": "assistant", "content": [asked]}
    printer.finish(chat_result("", message=message, finish="tool_calls"), show_text=True)
    assert "waits for an answer to mcp_approval_request" in err.text
    called = {"role": "assistant", "content": [asked, CALL]}
    assert waiting_note(chat_result("", message=called, finish="tool_calls")) == ""
    assert waiting_note(chat_result("", message=message, finish="stop")) == ""


@pytest.mark.parametrize(
    ("content", "more", "is_named"),
    [
        ([{"type": "other", "kind": "search", "data": "{}"}], {}, True),
        ([{"type": "other", "kind": "search", "data": "{}"}], {"empty": True}, False),
        ([{"type": "other", "kind": "search", "data": "{}"}], {"finish": "refusal"}, False),
        (
            [{"type": "reasoning", "text": "hm"}, {"type": "other", "kind": "search"}],
            {},
            True,
        ),
        ([{"type": "other", "kind": "search"}, {"type": "text", "text": "a"}], {}, False),
        ([{"type": "other", "kind": "search"}, {"type": "image", "data": "x"}], {}, False),
        ([{"type": "other", "kind": "search"}, CALL], {}, False),
    ],
)
def test_an_answer_without_anything_to_show_is_named(
    content: list[Map], more: Map, is_named: bool
) -> None:
    """Silence would look like success."""
    out, err = Stream(), Stream()
    printer = ReplyPrinter(Console(out, err, {}), quiet=False, verbose=False)
    message = {"role": "assistant", "content": content}
    printer.finish(chat_result("", message=message) | more, show_text=True)
    assert ("the answer has no text, only search" in err.text) == is_named


def test_until_when_a_candidate_is_skipped() -> None:
    """Said once, although it is less each time."""
    err = Stream()
    printer = ReplyPrinter(Console(Stream(), err, {}), quiet=False, verbose=True)
    for left in (50.0, 10.0):
        printer.on_delta({**SKIP, "outcome": "skipped", "until": time.time() + left})
    [line] = err.text.splitlines()
    assert re.fullmatch(r"skipped: work/m: it is cooling; available again in \d+ s \(.+\)", line)


def test_an_answer_is_rendered_for_a_person() -> None:
    """Wrapped at words and formatted, without control characters of the model."""
    out, err = Stream(terminal=True), Stream(terminal=True)
    console = Console(out, err, {"COLUMNS": "20"})
    printer = ReplyPrinter(console, quiet=False, verbose=True, renders=True)
    printer.on_delta({"type": "attempt", "outcome": "trying", "provider": "up"})
    for piece in ("So\x1b\x07 **very", " good** it", " is, my dear"):
        printer.on_delta({"type": "text", "text": piece})
    assert out.text == "So \x1b[1mvery\x1b[0m \x1b[1mgood\x1b[0m it is,\nmy"
    printer.on_delta({"type": "other", "kind": "search", "data": "{}"})
    printer.on_delta({"type": "text", "text": "and on"})
    printer.finish(chat_result("x"), show_text=True)
    assert out.text.endswith("it is,\nmy dear\nand on\n")


def test_what_was_held_back_is_shown_at_the_end() -> None:
    """An unfinished word, or markup that was none."""
    out = Stream(terminal=True)
    console = Console(out, Stream(), {"NO_COLOR": "1"})
    printer = ReplyPrinter(console, quiet=False, verbose=False, renders=True)
    printer.write("a **b")
    printer.end_text()
    assert out.text == "a **b"
    assert printer.shown == "a **b"


def test_reasoning_is_wrapped_for_a_person() -> None:
    """Before the answer, dimmed, and as the model wrote it."""
    out, err = Stream(terminal=True), Stream(terminal=True)
    console = Console(out, err, {"COLUMNS": "20", "NO_COLOR": "1"})
    printer = ReplyPrinter(console, quiet=False, verbose=False, with_reasoning=True, renders=True)
    for piece in ("One has to *think*", " about it, I", " think"):
        printer.on_delta({"type": "reasoning", "text": piece})
    printer.on_delta({"type": "text", "text": "So."})
    printer.finish(chat_result("So."), show_text=True)
    assert err.text == "One has to *think*\nabout it, I think\n\n"
    assert out.text == "So.\n"
