"""`ask -c` and `ask --conversation`: what is sent along."""

import json
from pathlib import Path

import pytest

from aircher_client.conversations import ConversationStore, Settings
from aircher_client.conversations.texts import message_text
from helpers.daemon.cli import Outcome, run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, refuses, streams


def ask(daemon: CliDaemon, *words: str, answer: str = "ok") -> Outcome:
    daemon.answers["chat"] = streams(answer)
    outcome = run_cli(daemon.environ, "ask", *words)
    assert outcome.code == 0, outcome.err
    return outcome


def sent(daemon: CliDaemon) -> list[object]:
    messages = daemon.params_of("chat")["messages"]
    assert isinstance(messages, list)
    return [message_text(message) for message in messages]


def request(daemon: CliDaemon, *names: str) -> Map:
    params = daemon.params_of("chat")
    return {name: params[name] for name in names if name in params}


def test_the_last_conversation_goes_on(daemon: CliDaemon) -> None:
    """Again and again; a question without -c begins another one."""
    ask(daemon, "one", answer="1")
    ask(daemon, "-c", "two", answer="2")
    outcome = ask(daemon, "three", "-c", answer="3")
    assert sent(daemon) == ["one", "1", "two", "2", "three"]
    assert (outcome.out, outcome.err) == ("3\n", "")
    ask(daemon, "other")
    ask(daemon, "-c", "more")
    assert sent(daemon) == ["other", "ok", "more"]


def test_a_named_conversation(daemon: CliDaemon) -> None:
    """It begins with its first question, and -c continues it, too."""
    ask(daemon, "--conversation", "tea", "green?", answer="yes")
    assert sent(daemon) == ["green?"]
    ask(daemon, "other")
    ask(daemon, "--conversation", "tea", "hot?", answer="no")
    assert sent(daemon) == ["green?", "yes", "hot?"]
    assert request(daemon, "conversation") == {"conversation": "tea"}
    ask(daemon, "-c", "cold?")
    assert sent(daemon) == ["green?", "yes", "hot?", "no", "cold?"]
    assert request(daemon, "conversation") == {"conversation": "tea"}


def test_model_system_prompt_and_providers_go_on(daemon: CliDaemon) -> None:
    """Unless the options say otherwise, which is remembered as well.

    What was said to one account does not go to another.
    """
    names = ("model", "system", "route", "task")
    restricted = ("--provider", "a", "--no-fallback", "--key", "work")
    ask(daemon, "-m", "a/b", "-s", "be short", *restricted, "one")
    ask(daemon, "-c", "two")
    route: Map = {"providers": ["a"], "no_fallback": True, "key": "work"}
    assert request(daemon, *names) == {"model": "a/b", "system": "be short", "route": route}
    ask(daemon, "-c", "-m", "c/d", "-s", "", "--provider", "c", "three")
    ask(daemon, "-c", "four")
    route["providers"] = ["c"]
    assert request(daemon, *names) == {"model": "c/d", "system": "", "route": route}


def test_the_account_stays_with_another_model(daemon: CliDaemon) -> None:
    """What the model before named is kept for its provider; another label can be named."""
    ask(daemon, "-m", "a@work/b", "one")
    for model, sent_as in (("a/c", "a@work/c"), ("a@own/c", "a@own/c"), ("a/d", "a@own/d")):
        ask(daemon, "-c", "-m", model, "two")
        assert request(daemon, "model") == {"model": sent_as}
    ask(daemon, "-c", "-m", "z/c", "three")
    assert request(daemon, "model") == {"model": "z/c"}


def test_a_missing_key_of_the_conversation_is_explained(daemon: CliDaemon) -> None:
    """It was chosen another day, or by a folder."""
    ask(daemon, "--key", "work", "one")
    daemon.answers["chat"] = refuses("not_authenticated", "no key 'work' for b: sign in")
    outcome = run_cli(daemon.environ, "ask", "-c", "-m", "b/c", "two")
    said = " ".join(outcome.err.split())
    assert outcome.code == 4
    assert "uses only keys named work; --key changes that" in said
    outcome = run_cli(daemon.environ, "ask", "-c", "-m", "b/c", "--key", "work", "two")
    assert "uses only keys" not in outcome.err


def test_another_task_replaces_model_and_system_prompt(daemon: CliDaemon) -> None:
    """It is a preset for both."""
    ask(daemon, "-m", "a/b", "-s", "be short", "one")
    ask(daemon, "-c", "-t", "review", "two")
    ask(daemon, "-c", "three")
    assert request(daemon, "model", "system", "task") == {"task": "review"}
    assert sent(daemon) == ["one", "ok", "two", "ok", "three"]


def test_nothing_to_continue(daemon: CliDaemon) -> None:
    """It is said what to do."""
    outcome = run_cli(daemon.environ, "ask", "-c", "and?")
    assert (outcome.code, daemon.methods) == (1, [])
    assert "there is no conversation to continue: ask a question without -c first" in outcome.err


def test_continuing_needs_a_question(daemon: CliDaemon) -> None:
    """The earlier ones are answered."""
    ask(daemon, "one")
    outcome = run_cli(daemon.environ, "ask", "-c")
    assert (outcome.code, daemon.methods) == (2, ["chat"])
    assert "there is no prompt" in outcome.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-c", "--conversation", "tea"], "-c and --conversation cannot be combined"),
        (["-c", "--messages", "[]"], "-c and --messages cannot be combined"),
        (["--conversation", "x" * 201], "has 201 characters; the limit is 200"),
    ],
)
def test_contradictions(daemon: CliDaemon, words: list[str], message: str) -> None:
    """They are refused before anything is sent."""
    outcome = run_cli(daemon.environ, "ask", *words, "hi")
    assert outcome.code in (1, 2)
    assert message in outcome.err
    assert daemon.methods == []


def test_messages_are_the_whole_conversation(daemon: CliDaemon) -> None:
    """With --messages, a name only has the same provider preferred; nothing is kept under it."""
    ask(daemon, "--conversation", "tea", "one")
    given = json.dumps([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}])
    ask(daemon, "--conversation", "tea", "--messages", given, "two")
    assert sent(daemon) == ["a", "b", "two"]
    assert request(daemon, "conversation") == {"conversation": "tea"}
    ask(daemon, "--conversation", "tea", "three")
    assert sent(daemon) == ["one", "ok", "three"]


def test_the_last_one_of_another_terminal_is_named(daemon: CliDaemon) -> None:
    """The user might have meant another one."""
    ask(daemon, "--conversation", "tea", "green?")
    folder = Path(ConversationStore.of(daemon.environ).folder)
    for mark in (folder / "terminals").iterdir():
        mark.unlink()
    outcome = ask(daemon, "-c", "hot?")
    note = 'continues tea, "green?", the last conversation of another terminal'
    assert note in outcome.err
    assert ask(daemon, "-c", "cold?").err == ""


def test_a_damaged_conversation_goes_on_where_it_can(daemon: CliDaemon) -> None:
    """What is damaged is said, once, and kept aside."""
    ask(daemon, "--conversation", "tea", "one")
    ask(daemon, "--conversation", "tea", "two")
    file = Path(ConversationStore.of(daemon.environ).folder) / "tea.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], b"\x00" * 20 + b"\n"]))
    outcome = ask(daemon, "-c", "three")
    assert sent(daemon) == ["one", "ok", "three"]
    assert "damaged at line 3" in outcome.err
    assert "is kept as" in outcome.err
    assert ask(daemon, "-c", "four").err == ""
    assert sent(daemon) == ["one", "ok", "three", "ok", "four"]


def test_a_newer_version_is_refused(daemon: CliDaemon) -> None:
    """Nothing is sent without what was said before."""
    ask(daemon, "--conversation", "tea", "one")
    file = Path(ConversationStore.of(daemon.environ).folder) / "tea.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"version":1', b'"version":2'))
    outcome = run_cli(daemon.environ, "ask", "--conversation", "tea", "two")
    assert (outcome.code, daemon.methods) == (1, ["chat"])
    assert "was written by a newer aircher (format 2; this one reads 1)" in outcome.err


def test_files_go_on(daemon: CliDaemon, tmp_path: Path) -> None:
    """A large one is read again; if it has changed, it is left out, and that is said."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(300_000))
    ask(daemon, "-f", str(photo), "what is it?", answer="black")
    before = daemon.params_of("chat")["messages"]
    file = next(Path(ConversationStore.of(daemon.environ).folder).glob("*.jsonl"))
    assert file.stat().st_size < 2000
    assert ask(daemon, "-c", "really?").err == ""
    assert sent(daemon)[1:] == ["black", "really?"]
    assert before == daemon.params_of("chat")["messages"][:1]
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(300_001))
    outcome = ask(daemon, "-c", "sure?")
    assert "photo.png has changed or is gone since it was attached" in outcome.err
    assert "(photo.png is no longer available)" in str(sent(daemon)[0])


@pytest.mark.parametrize(
    ("cut_off", "expected"),
    [
        ("stopped", "half\n\n[The user stopped the answer here.]"),
        ("broken off", "half\n\n[The answer broke off here.]"),
        ("length", "half"),
    ],
)
def test_an_interrupted_answer_says_so_to_the_model(
    daemon: CliDaemon, cut_off: str, expected: str
) -> None:
    """As in `chat`; the kept answer has no mark, and the next question is kept once."""
    tea = ConversationStore.of(daemon.environ).open("tea")
    reply = {"role": "assistant", "content": "half"}
    tea.append([{"role": "user", "content": "one"}], reply, settings=Settings(), cut_off=cut_off)
    ask(daemon, "--conversation", "tea", "go on")
    messages = daemon.params_of("chat")["messages"]
    assert isinstance(messages, list)
    said = messages[1]["content"]
    parts = said if isinstance(said, list) else [{"text": said}]
    assert "".join(part["text"] for part in parts) == expected
    tea.load()
    assert [message["role"] for message in tea.messages] == ["user", "assistant"] * 2
    assert tea.messages[1] == reply
