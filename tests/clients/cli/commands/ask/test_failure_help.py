"""What `ask` adds when no provider answered."""

import pytest

from aircher_cli.commands.ask.failure_help import (
    other_model_help,
    unshown_text,
    with_file_name,
    with_model_suggestion,
    with_models_hint,
)
from aircher_client import Client, DaemonError
from helpers.daemon.cli_daemon import CliDaemon, Map, Session, refuses


@pytest.mark.parametrize(
    ("data", "shown", "expected"),
    [
        ({"text": "half an answer"}, "half ", "an answer"),
        ({"text": "half"}, "half", ""),
        ({"text": "half"}, "", "half"),
        ({"text": "something else"}, "half", ""),
        ({}, "half", ""),
    ],
)
def test_rest_of_text(data: Map, shown: str, expected: str) -> None:
    """Nothing is shown twice, and nothing that came is lost."""
    assert expected == unshown_text(DaemonError("truncated", "cut", data), shown)


NO_KEY: Map = {"skipped": [{"provider": "a", "reason": "not_authenticated"}]}
REFUSED: Map = {"skipped": [{"provider": "a", "reason": "auth_rejected"}]}
WORK: Map = {"provider": "work", "kind": "openai", "state": "authenticated"}


def note(daemon: CliDaemon, code: str, data: Map | None = None, model: str | None = None) -> str:
    with Client.connect(daemon.environ) as client:
        return other_model_help(client, DaemonError(code, "no", data or {}), model)


@pytest.mark.parametrize(
    ("code", "data", "model", "expected"),
    [
        ("not_authenticated", {}, None, True),
        ("all_failed", NO_KEY, None, True),
        ("all_failed", NO_KEY, "openai/x", False),
        ("all_failed", REFUSED, None, False),
        ("network", {}, None, False),
    ],
)
def test_a_model_is_missing(
    daemon: CliDaemon, code: str, data: Map, model: str | None, expected: bool
) -> None:
    """A user who named no model, and is signed in only elsewhere, learns how to ask there."""
    daemon.answers["status"] = {"providers": [WORK], "default": {"candidates": []}}
    found = note(daemon, code, data, model)
    assert expected == found.startswith("You are signed in to work, but ")


@pytest.mark.parametrize(
    "status",
    [
        {"providers": [WORK], "default": {"candidates": ["openai/gpt-5.5"]}},
        {"providers": [{**WORK, "state": "not_configured"}]},
        {},
    ],
)
def test_a_key_is_missing(daemon: CliDaemon, status: Map) -> None:
    """If no provider is signed in, or the request excluded the default, the error itself helps."""
    daemon.answers["status"] = status
    assert note(daemon, "not_authenticated", NO_KEY) == ""


def test_a_second_error_does_not_hide_the_first(daemon: CliDaemon) -> None:
    """The daemon's status may fail as well."""
    daemon.answers["status"] = refuses("internal", "oh")
    assert note(daemon, "not_authenticated") == ""


def test_a_daemon_that_ends_does_not_hide_the_first(daemon: CliDaemon) -> None:
    """The connection is lost during the second call."""

    def leave(session: Session, msgid: int, params: Map) -> object:
        session.sock.shutdown(2)
        return None

    daemon.answers["status"] = leave
    assert note(daemon, "not_authenticated") == ""


ATTEMPT: Map = {"provider": "work", "model": "lama", "outcome": "unknown_model"}


@pytest.mark.parametrize(
    ("attempts", "names", "expected"),
    [
        ([ATTEMPT], ["llama", "qwen"], "no (did you mean work/llama?)"),
        ([ATTEMPT, ATTEMPT], ["llama"], "no (did you mean work/llama?)"),
        ([ATTEMPT], ["lama"], "no"),
        ([ATTEMPT], ["qwen"], "no"),
        ([{**ATTEMPT, "outcome": "overloaded"}], ["llama"], "no"),
    ],
)
def test_what_was_meant(
    daemon: CliDaemon, attempts: list[Map], names: list[str], expected: str
) -> None:
    """Only where it is the model that is unknown, and something else is nearly called so."""
    daemon.answers["models.list"] = {"models": [{"model": name} for name in names]}
    error = DaemonError("unknown_model", "no", {"attempts": attempts})
    with Client.connect(daemon.environ) as client:
        assert with_model_suggestion(client, error).message == expected


@pytest.mark.parametrize(
    ("messages", "code", "said", "expected"),
    [
        (
            "talk.json",
            "bad_request",
            "chat: messages[1].role: no",
            "talk.json: messages[1].role: no",
        ),
        ("talk.json", "bad_request", "messages: no", "talk.json: messages: no"),
        ("-", "bad_request", "messages: no", "standard input: messages: no"),
        ('[{"role"', "bad_request", "messages: no", "--messages: messages: no"),
        (None, "bad_request", "messages: no", "messages: no"),
        ("talk.json", "bad_request", "stop[0]: no", "stop[0]: no"),
        ("talk.json", "network", "messages: no", "messages: no"),
    ],
)
def test_the_file_is_named(messages: str | None, code: str, said: str, expected: str) -> None:
    """Where the conversation of a file is at fault."""
    assert expected == with_file_name(DaemonError(code, said, {}), messages).message


@pytest.mark.parametrize(
    ("files", "code", "message", "expected"),
    [
        (
            ["a.pdf"],
            "bad_request",
            "a: messages[0]: Ollama does not take a PDF: send its text instead",
            (
                "a: Ollama does not take a PDF: send its text instead\n"
                "  models that read PDFs: aircher-cli models list --documents"
            ),
        ),
        (
            ["a.mp3"],
            "bad_request",
            "a/m cannot listen to sound",
            "a/m cannot listen to sound\n  models that take sound: aircher-cli models list --audio",
        ),
        (["a.txt"], "bad_request", "a: messages[0]: no", "a: no"),
        (["a.pdf"], "network", "a: messages[0]: PDF", "a: messages[0]: PDF"),
        ([], "bad_request", "a: messages[0]: PDF", "a: messages[0]: PDF"),
    ],
)
def test_a_file_that_no_model_can_read(
    files: list[str], code: str, message: str, expected: str
) -> None:
    """The error says which models can, and nothing about positions in the request."""
    attempt = {"provider": "a", "outcome": code, "message": message.removeprefix("a: ")}
    shown = with_models_hint(DaemonError(code, message, {"attempts": [attempt]}), files)
    assert shown.message == expected
    [entry] = shown.data["attempts"]  # type: ignore[misc] -- a list
    assert str(entry["message"]) in expected
