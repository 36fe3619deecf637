"""`aircher-cli ask`."""

import json
import re
import socket
from base64 import b64encode
from pathlib import Path

import pytest

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import (
    CliDaemon,
    Map,
    Refusal,
    Session,
    chat_result,
    refuses,
    streams,
)

FAILED = {
    "provider": "anthropic",
    "model": "sonnet",
    "key": "work",
    "outcome": "auth_rejected",
    "ms": 9,
    "message": "the key was refused",
}
SKIPPED = {"provider": "ollama", "model": "m", "message": "connection refused"}
ANSWERED = "openai/gpt-5.5 (key default) answered after 40 ms"
SERVED = {"provider": "openai", "model": "gpt-5.5", "key": "default", "outcome": "ok", "ms": 40}


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
    assert "there is no prompt" in outcome.err


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
        "message": {"role": "assistant", "content": [{"type": "text", "text": "one two"}]},
        "provider": "openai",
        "model": "gpt-5.5",
        "finish": "stop",
        "usage": {"input_tokens": 12, "output_tokens": 3, "cached_tokens": 0},
        "cost": "0.0012",
        "attempts": [SERVED],
        "skipped": [],
    }
    assert outcome.err == ""


CALL: Map = {"type": "tool_call", "id": "1", "name": "look", "arguments": '{"at": "sky"}'}
SIGNED: Map = {**CALL, "signature": "s", "origin": "openai/gpt-5.5"}


def calls_a_tool(session: Session, msgid: int, params: Map) -> object:
    session.delta(msgid, 0, type="text", text="I look")
    session.delta(msgid, 1, type="tool_call", index=0, call_id="1", name="look", arguments="")
    content = [{"type": "text", "text": "I look"}, SIGNED]
    message = {"role": "assistant", "content": content}
    return chat_result("", message=message, finish="tool_calls")


def test_a_tool_call_is_a_line_of_json(daemon: CliDaemon) -> None:
    """Behind the text, on standard output, with what a script needs to run it."""
    daemon.answers["chat"] = calls_a_tool
    outcome = run_cli(daemon.environ, "ask", "--tools", '[{"name": "look"}]', "hi")
    text, line = outcome.out.splitlines()
    assert (outcome.code, text, outcome.err) == (0, "I look", "")
    assert json.loads(line) == {
        "tool_call": {"id": "1", "name": "look", "arguments": '{"at": "sky"}'}
    }


def test_json_has_the_message_to_send_back(daemon: CliDaemon) -> None:
    """With signatures, so that a conversation can go on."""
    daemon.answers["chat"] = calls_a_tool
    record = json.loads(run_cli(daemon.environ, "ask", "--json", "hi").out)
    assert record["message"]["content"][1] == SIGNED
    assert record["tool_calls"][0]["name"] == "look"


def thinks(session: Session, msgid: int, params: Map) -> object:
    session.delta(msgid, 0, type="reasoning", text="let me ")
    session.delta(msgid, 1, type="reasoning", text="see")
    session.delta(msgid, 2, type="text", text="42")
    return chat_result("42")


@pytest.mark.parametrize(
    ("words", "terminal", "expected"),
    [
        ((), False, ""),
        ((), True, "let me see\n\n"),
        (("--show-reasoning",), False, "let me see\n\n"),
        (("--no-show-reasoning",), True, ""),
    ],
)
def test_thinking_is_shown_beside_the_answer(
    daemon: CliDaemon, words: tuple[str, ...], terminal: bool, expected: str
) -> None:
    """On standard error, to a person or to who asks for it; never on standard output."""
    daemon.answers["chat"] = thinks
    environ = {**daemon.environ, "NO_COLOR": "1"}
    outcome = run_cli(environ, "ask", *words, "hi", terminal=terminal)
    assert (outcome.out, outcome.err) == ("42\n", expected)


def test_json_leaves_thinking_to_the_message(daemon: CliDaemon) -> None:
    """A terminal is no reason to print it twice."""
    daemon.answers["chat"] = thinks
    assert run_cli(daemon.environ, "ask", "--json", "hi", terminal=True).err == ""


def test_what_cannot_be_read_is_not_sent(daemon: CliDaemon) -> None:
    """The daemon is not bothered with what is wrong on this side."""
    outcome = run_cli(daemon.environ, "ask", "--schema", "{", "hi")
    assert (outcome.code, outcome.out, daemon.calls) == (1, "", [])
    assert outcome.err.startswith("aircher-cli: --schema:1:2: not JSON: ")


def test_usage_on_standard_error(daemon: CliDaemon) -> None:
    """-u adds a line on standard error; the answer stays clean."""
    daemon.answers["chat"] = streams("hi")
    outcome = run_cli(daemon.environ, "ask", "-u", "hi")
    assert outcome.out == "hi\n"
    assert outcome.err == "12 tokens in, 3 out, $0.0012, openai/gpt-5.5\n"


def test_a_fallback_is_reported(daemon: CliDaemon) -> None:
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
        skipped = [{"provider": "ollama", "reason": "network", "message": "connection refused"}]
        return chat_result("hi", attempts=[FAILED, SERVED], skipped=skipped)

    daemon.answers["chat"] = chat
    assert run_cli(daemon.environ, "ask", "-v", "hi").err.splitlines() == [
        "trying anthropic/sonnet (key work)",
        "anthropic/sonnet (key work) failed after 9 ms: the key was refused",
        "skipped: ollama: connection refused",
        "openai/gpt-5.5 (key default) answered after 40 ms",
    ]


def test_a_skip_is_reported_once(daemon: CliDaemon) -> None:
    """When it happens, if the daemon says so then, and not again at the end."""

    def chat(session: Session, msgid: int, params: Map) -> object:
        session.delta(msgid, 0, type="attempt", outcome="skipped", **SKIPPED)
        return chat_result("hi", skipped=[SKIPPED])

    daemon.answers["chat"] = chat
    assert run_cli(daemon.environ, "ask", "-v", "hi").err.splitlines() == [
        "skipped: ollama/m: connection refused",
        ANSWERED,
    ]


@pytest.mark.parametrize(
    ("words", "terminal", "expected"),
    [
        ((), False, []),
        ((), True, ["waiting 3 s for openai/gpt-5.5: too many requests"]),
        (("-v",), False, ["waiting 3 s for openai/gpt-5.5: too many requests", ANSWERED]),
    ],
)
def test_waiting_is_reported(
    daemon: CliDaemon, words: tuple[str, ...], terminal: bool, expected: list[str]
) -> None:
    """To a person at once, who would wonder; to a script only if it asks."""

    def chat(session: Session, msgid: int, params: Map) -> object:
        who = {"provider": "openai", "model": "gpt-5.5", "ms": 2400, "message": "too many requests"}
        session.delta(msgid, 0, type="attempt", outcome="waiting", **who)
        return chat_result("hi")

    daemon.answers["chat"] = chat
    environ = {**daemon.environ, "NO_COLOR": "1"}
    outcome = run_cli(environ, "ask", "--wait", "9", *words, "hi", terminal=terminal)
    assert (outcome.out, outcome.err.splitlines()) == ("hi\n", expected)


def test_a_broken_answer_is_shown_as_far_as_it_came(daemon: CliDaemon) -> None:
    """A cut stream: the text so far once, the message on standard error, exit code 5."""

    def chat(session: Session, msgid: int, params: Map) -> object:
        session.delta(msgid, 0, type="text", text="half an ")
        raise Refusal("truncated", "openai broke off", text="half an answer", attempts=[])

    daemon.answers["chat"] = chat
    outcome = run_cli(daemon.environ, "ask", "hi")
    assert (outcome.code, outcome.out) == (5, "half an answer\n")
    assert outcome.err == "aircher-cli: openai broke off\n"


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize(("has_begun", "expected"), [(True, 5), (False, 3)])
def test_an_answer_that_a_stop_of_the_daemon_ends(
    daemon: CliDaemon, options: tuple[str, ...], has_begun: bool, expected: int
) -> None:
    """An answer that had begun broke off; else the daemon could not be reached."""

    def chat(session: Session, msgid: int, _: Map) -> Map:
        waiting = {"provider": "openai", "model": "m", "outcome": "waiting"}
        session.delta(msgid, 0, type="attempt", **waiting)
        if has_begun:
            session.delta(msgid, 1, type="text", text="half an")
        raise Refusal("shutting_down", "the daemon is shutting down")

    daemon.answers["chat"] = chat
    outcome = run_cli(daemon.environ, "ask", *options, "hi")
    assert outcome.code == expected
    if options:
        error = json.loads(outcome.out)["error"]
        assert error["code"] == "shutting_down"
        assert ("broke off" in error["message"]) is has_begun
    elif has_begun:
        assert outcome.out == "half an\n"
        assert outcome.err == (
            "aircher-cli: the answer broke off, because the daemon was stopped: ask again\n"
        )


def test_an_answer_that_the_end_of_a_forward_ends(daemon: CliDaemon) -> None:
    """The daemon goes on, at the other machine: the message says what has ended."""

    def chat(session: Session, msgid: int, _: Map) -> Map:
        session.delta(msgid, 0, type="text", text="half an")
        raise Refusal("shutting_down", "the forward from laptop has ended")

    daemon.answers["chat"] = chat
    assert run_cli(daemon.environ, "ask", "hi").err == (
        "aircher-cli: the answer broke off, because the forward from laptop has ended: ask again\n"
    )


def test_an_answer_whose_daemon_dies(daemon: CliDaemon) -> None:
    """It broke off, too; the part of it has a line of its own."""

    def chat(session: Session, msgid: int, _: Map) -> Map:
        session.delta(msgid, 0, type="text", text="half an")
        session.sock.shutdown(socket.SHUT_RDWR)
        raise Refusal("internal", "not sent")

    daemon.answers["chat"] = chat
    outcome = run_cli(daemon.environ, "ask", "hi")
    assert (outcome.code, outcome.out) == (5, "half an\n")
    assert "the answer broke off, because the daemon ended" in outcome.err


def test_an_image_is_written_although_the_answer_broke_off(
    daemon: CliDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was paid for; the exit code is that of the broken answer."""
    monkeypatch.chdir(tmp_path)
    content = [{"type": "text", "text": "A cat:"}, {"type": "image", "data": PNG}]
    half = {"text": "A cat:", "message": {"content": content}, "attempts": []}
    daemon.answers["chat"] = refuses("truncated", "openai broke off", **half)
    outcome = run_cli(daemon.environ, "ask", "-o", "cat.png", "draw a cat")
    assert (outcome.code, outcome.out) == (5, "A cat:\n")
    assert "wrote cat.png" in outcome.err
    assert (tmp_path / "cat.png").read_bytes().startswith(b"\x89PNG")


def test_a_provider_that_fails_in_mid_answer_is_a_cut_answer(daemon: CliDaemon) -> None:
    """What there is of it is shown; to ask again may help, as where nothing was seen."""
    half = {"text": "half", "finish": "error", "attempts": [{"outcome": "overloaded"}]}
    daemon.answers["chat"] = refuses("overloaded", "openai broke off", **half)
    outcome = run_cli(daemon.environ, "ask", "hi")
    assert (outcome.code, outcome.out) == (5, "half\n")


def test_standard_input_as_a_file(daemon: CliDaemon) -> None:
    """`-f -` puts standard input where files stand, under its name."""
    daemon.answers["chat"] = streams("ok")
    run_cli(daemon.environ, "ask", "-f", "-", "explain", stdin="x = 1\n")
    assert daemon.params_of("chat")["messages"] == [
        {"role": "user", "content": "explain\n\nstandard input:\n```\nx = 1\n```"}
    ]


def test_a_newcomer_learns_what_to_run(daemon: CliDaemon) -> None:
    """With no key anywhere the answer is first steps, the caller's variables among them."""
    skipped = [{"provider": "openai", "reason": "not_authenticated", "message": "no key"}]
    openai = {
        "provider": "openai",
        "state": "not_configured",
        "needed": True,
        "env": ["OPENAI_API_KEY"],
    }
    sign_in = {"providers": [openai], "environment": ["OPENAI_API_KEY", "OTHER_KEY"]}
    daemon.answers["chat"] = refuses(
        "all_failed", "no provider could answer", skipped=skipped, sign_in=sign_in
    )
    environ = {**daemon.environ, "OPENAI_API_KEY": "k-0123456789"}
    outcome = run_cli(environ, "ask", "hi")
    assert (outcome.code, outcome.out) == (4, "")
    assert outcome.err.splitlines() == [
        "aircher-cli: You are not signed in to any provider yet. Run this first:",
        "  aircher-cli auth import",
        "It stores the key in OPENAI_API_KEY, which the daemon cannot see.",
        "Or another one: aircher-cli auth login openai",
        "To look around, without a key or a network: aircher-cli demo",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("--max-tokens", "0"),
        ("--temperature", "hot"),
        ("--top-p", "1.1"),
        ("--reasoning", "hard"),
        ("-f", ""),
        ("--timeout", "0"),
        ("--timeout", "inf"),
        ("--wait", "-1"),
        ("--strategy", "best"),
        ("--conversation", ""),
        ("-m",),
        ("-m", ""),
        ("--stop", ""),
        ("--provider", ""),
        ("--nonsense",),
    ],
)
def test_usage_errors(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """A wrong command line is exit code 2, before anything is sent."""
    outcome = run_cli(daemon.environ, "ask", "hi", *words)
    assert (outcome.code, outcome.out, daemon.calls) == (2, "", [])


SCHEMA = '{"type": "object"}'


@pytest.mark.parametrize("finish", ["length", "content_filter"])
@pytest.mark.parametrize("words", [("--schema", SCHEMA), ("--json-object",)])
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_json_that_is_not_whole_is_a_failure(
    daemon: CliDaemon, finish: str, words: tuple[str, ...], as_json: tuple[str, ...]
) -> None:
    """A script must not take half of it for all; what there is of it is printed."""
    daemon.answers["chat"] = streams('{"a": "hel', finish=finish)
    outcome = run_cli(daemon.environ, "ask", "hi", *words, *as_json)
    assert outcome.code == 1
    assert outcome.err.endswith("aircher-cli: the JSON is therefore incomplete\n")
    assert "hel" in outcome.out


@pytest.mark.parametrize(
    ("words", "answer", "expected"),
    [
        (("--schema", SCHEMA), "Sure! {}", "the answer is not JSON: "),
        (("--schema", SCHEMA), "[1]", "the answer does not match --schema: it must be of type obj"),
        (("--json-object",), "[1]", "the answer is not a JSON object, but a list"),
        (("--schema", SCHEMA), '{"a": 1}', ""),
        (("--schema", SCHEMA, "--no-strict"), "[1]", ""),
    ],
)
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_an_answer_that_is_not_what_was_asked_for_is_a_failure(
    daemon: CliDaemon, words: tuple[str, ...], answer: str, expected: str, as_json: tuple[str, ...]
) -> None:
    """Where the server ignores the schema; the answer is printed, as it has streamed already."""
    daemon.answers["chat"] = streams(answer)
    outcome = run_cli(daemon.environ, "ask", "hi", *words, *as_json)
    assert outcome.code == (1 if expected else 0)
    assert outcome.err.startswith(f"aircher-cli: {expected}" if expected else "")
    shown = json.loads(outcome.out)["text"] if as_json else outcome.out.rstrip("\n")
    assert shown == answer


def test_an_answer_that_calls_a_tool_need_not_match(daemon: CliDaemon) -> None:
    """The JSON comes after the result of the tool."""
    call = {"type": "tool_call", "id": "1", "name": "f", "arguments": "{}"}
    message = {"role": "assistant", "content": [call]}
    daemon.answers["chat"] = chat_result("", message=message, finish="tool_calls")
    assert run_cli(daemon.environ, "ask", "hi", "--schema", SCHEMA).code == 0


def test_a_tool_call_that_is_not_whole_is_a_failure(daemon: CliDaemon) -> None:
    """Its arguments are JSON, too."""
    call = {"type": "tool_call", "id": "1", "name": "f", "arguments": '{"a'}
    message = {"role": "assistant", "content": [call]}
    daemon.answers["chat"] = chat_result("", message=message, finish="length")
    outcome = run_cli(daemon.environ, "ask", "hi")
    assert outcome.code == 1
    assert "the arguments of the last tool call may be incomplete" in outcome.err


def test_text_that_ends_early_is_still_text(daemon: CliDaemon) -> None:
    """A user who sets a limit gets what fits in it, and a note."""
    daemon.answers["chat"] = streams("hel", finish="length")
    assert run_cli(daemon.environ, "ask", "hi").code == 0


def test_a_model_that_a_provider_does_not_know(daemon: CliDaemon) -> None:
    """The nearest that it has is suggested."""
    attempt = {"provider": "work", "model": "lama", "outcome": "unknown_model", "message": "404"}
    daemon.answers["chat"] = refuses("unknown_model", "work: 404", attempts=[attempt])
    daemon.answers["models.list"] = {"models": [{"provider": "work", "model": "llama"}]}
    outcome = run_cli(daemon.environ, "ask", "-m", "work/lama", "hi")
    assert outcome.err == "aircher-cli: work: 404 (did you mean work/llama?)\n"
    assert daemon.params_of("models.list") == {"provider": "work"}


def test_the_attempts_before_a_failure_are_reported_once(daemon: CliDaemon) -> None:
    """With -v as it happens, else at the end; the exit code is the same."""
    why = {"provider": "work", "model": "m", "message": "no key for work"}

    def chat(session: Session, msgid: int, params: Map) -> object:
        session.delta(msgid, 0, type="attempt", outcome="skipped", **why)
        raise Refusal(
            "not_authenticated", "no provider", skipped=[{**why, "reason": "not_authenticated"}]
        )

    daemon.answers["chat"] = chat
    for words, order in (((), ["no provider", "no key"]), (("-v",), ["no key", "no provider"])):
        outcome = run_cli(daemon.environ, "ask", "-m", "work/m", "hi", *words)
        assert outcome.code == 4
        lines = outcome.err.splitlines()
        assert len(lines) == 2
        assert all(word in line for word, line in zip(order, lines, strict=True))


PNG = b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").decode()


def draws(session: Session, msgid: int, params: Map) -> object:
    session.delta(msgid, 0, type="text", text="A cat:")
    session.delta(msgid, 1, type="image", data=PNG, media_type="image/png")
    content = [{"type": "text", "text": "A cat:"}, {"type": "image", "data": PNG}]
    return chat_result("", message={"role": "assistant", "content": content})


def test_an_image_is_written_to_a_file(
    daemon: CliDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is on standard error; the answer stays clean."""
    monkeypatch.chdir(tmp_path)
    daemon.answers["chat"] = draws
    outcome = run_cli(daemon.environ, "ask", "--modality", "image", "draw a cat")
    [file] = tmp_path.iterdir()
    assert (outcome.code, outcome.out) == (0, "A cat:\n")
    assert outcome.err == f"wrote {file.name} (1 kB)\n"
    assert daemon.params_of("chat")["modalities"] == ["image"]


def test_json_has_the_data_and_the_names_of_files(
    daemon: CliDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `-o` nothing is written: a script has the data."""
    monkeypatch.chdir(tmp_path)
    daemon.answers["chat"] = draws
    record = json.loads(run_cli(daemon.environ, "ask", "--json", "draw").out)
    assert (list(tmp_path.iterdir()), record["message"]["content"][1]["data"]) == ([], PNG)
    assert "files" not in record
    record = json.loads(run_cli(daemon.environ, "ask", "--json", "-o", "cat.png", "draw").out)
    assert record["files"] == [{"path": "cat.png", "media_type": "image/png", "bytes": 16}]
    assert (tmp_path / "cat.png").is_file()


def test_a_file_that_cannot_be_written_costs_nothing(daemon: CliDaemon) -> None:
    """The error comes before anything is sent."""
    outcome = run_cli(daemon.environ, "ask", "-o", "/no/such/cat.png", "draw")
    assert (outcome.code, daemon.calls) == (1, [])
    assert outcome.err == (
        "aircher-cli: cannot write /no/such/cat.png: there is no directory /no/such\n"
    )


def test_an_answer_without_the_requested_file_is_a_failure(
    daemon: CliDaemon, tmp_path: Path
) -> None:
    """A script that goes on with the file would fail later."""
    daemon.answers["chat"] = streams("I cannot draw")
    outcome = run_cli(daemon.environ, "ask", "-o", str(tmp_path / "cat.png"), "draw")
    assert (outcome.code, outcome.out) == (1, "I cannot draw\n")
    assert "the answer has no image or sound" in outcome.err


def test_a_paused_answer_is_continued(daemon: CliDaemon) -> None:
    """The user gets the whole answer; what the provider needs goes back unchanged."""
    search = {"type": "other", "kind": "search", "origin": "a/m", "data": "{}", "signature": "s"}

    def chat(session: Session, msgid: int, params: Map) -> object:
        messages = params["messages"]
        assert isinstance(messages, list)
        is_first = len(messages) == 1
        said = "I search. " if is_first else "Found."
        session.delta(msgid, 0, type="text", text=said)
        parts = [{"type": "text", "text": said}, *([search] if is_first else [])]
        message = {"role": "assistant", "content": parts}
        return chat_result("", message=message, finish="pause" if is_first else "stop")

    daemon.answers["chat"] = chat
    outcome = run_cli(daemon.environ, "ask", "hi")
    assert (outcome.code, outcome.out, outcome.err) == (0, "I search. Found.\n", "")
    messages = daemon.params_of("chat")["messages"]
    assert isinstance(messages, list)
    assert messages[-1]["content"][1] == search
    record = json.loads(run_cli(daemon.environ, "ask", "--json", "hi").out)
    assert (record["text"], record["finish"]) == ("I search. Found.", "stop")
    assert record["cost"] == "0.0024"


FORMATTED = "Some words that do\nnot fit.\n"
AS_IT_CAME = "**Some** words that do not fit.\n"


@pytest.mark.parametrize(
    ("words", "terminal", "expected"),
    [
        ([], True, FORMATTED),
        (["--no-stream"], True, FORMATTED),
        (["--raw"], True, AS_IT_CAME),
        (["--json-object"], True, AS_IT_CAME),
        ([], False, AS_IT_CAME),
    ],
)
def test_an_answer_is_formatted_for_a_person_only(
    daemon: CliDaemon, words: list[str], terminal: bool, expected: str
) -> None:
    """Pipes, JSON and --raw get it as it came."""
    daemon.answers["chat"] = streams(*AS_IT_CAME)
    environ = {**daemon.environ, "COLUMNS": "20"}
    outcome = run_cli(environ, "ask", *words, "hello", terminal=terminal)
    assert outcome.code == (1 if "--json-object" in words else 0)  # it is no JSON
    assert re.sub(r"\x1b\[\d+m", "", outcome.out) == expected
