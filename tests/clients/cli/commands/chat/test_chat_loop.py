"""The turns of a conversation, with a scripted keyboard and a fake daemon."""

import base64
import os
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from aircher_cli.commands.chat import chat_loop
from aircher_cli.commands.chat.asking import SENT_AGAIN
from aircher_cli.commands.chat.chat_loop import ChatSession
from aircher_cli.commands.chat.command import build_parser
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_client.conversations import ConversationStore, Settings
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import (
    CliDaemon,
    Handler,
    Map,
    Refusal,
    Session,
    refuses,
    streams,
)


class Typed:
    """A keyboard on which these lines are typed; an exception is raised in its turn."""

    def __init__(self, *lines: str | type[BaseException]) -> None:
        self._lines = list(lines)
        self.drafts: list[str] = []

    def read(self, draft: str = "") -> str | None:
        self.drafts.append(draft)
        if not self._lines:
            return None
        line = self._lines.pop(0)
        if isinstance(line, str):
            return line
        raise line


def answer(session: Session, msgid: int, params: Map) -> Map:
    """Say how many messages there were, and the last one again."""
    messages = params["messages"]
    assert isinstance(messages, list)
    said = f"{len(messages)}: {messages[-1]['content']}"
    session.delta(msgid, 1, type="text", text=said)
    return {
        "message": {"role": "assistant", "content": [{"type": "text", "text": said}]},
        "provider": "up",
        "model": "m",
        "finish": "stop",
        "usage": {"input_tokens": 3, "output_tokens": 2},
        "cost": None,
        "attempts": [],
        "skipped": [],
    }


def context_of(
    daemon: CliDaemon,
    out: Stream | None = None,
    err: Stream | None = None,
    changes: Map | None = None,
) -> Context:
    environ = {**daemon.environ, "NO_COLOR": "1", "COLUMNS": "100", **(changes or {})}
    return Context(Console(out, err, environ), environ, Stream(terminal=True))


def talk(
    daemon: CliDaemon,
    *lines: str | type[BaseException],
    words: list[str] | None = None,
    environ: Map | None = None,
    out: Stream | None = None,
    err: Stream | None = None,
):
    """Run a conversation; return what it printed, and the chat requests it made."""
    daemon.calls.clear()
    daemon.answers.setdefault("chat", answer)
    daemon.answers.setdefault("route.explain", {"candidates": []})
    daemon.answers.setdefault("models.list", {"models": []})
    out, err = out or Stream(terminal=True), err or Stream(terminal=True)
    context = context_of(daemon, out, err, environ)
    with context.connect() as client:
        dialogue = ChatSession(context, client, build_parser().parse(words or []))
        dialogue.run(Typed(*lines))
    return out.text, err.text, [params for method, params in daemon.calls if method == "chat"]


def test_the_model_sees_the_whole_conversation(daemon: CliDaemon) -> None:
    """Question, answer, question."""
    out, _, asked = talk(daemon, "one", "two")
    assert "1: one\n" in out
    assert "3: two\n" in out
    assert [m["role"] for m in asked[1]["messages"]] == ["user", "assistant", "user"]


def test_settings_go_with_each_question(daemon: CliDaemon) -> None:
    """As options at the start, and as commands later."""
    words = ["-m", "a/b", "-s", "short", "--reasoning", "low"]
    _, _, asked = talk(daemon, "one", "/model c/d", "/system -", "two", words=words)
    assert {k: asked[0][k] for k in ("model", "system", "reasoning")} == {
        "model": "a/b",
        "system": "short",
        "reasoning": "low",
    }
    assert asked[1]["model"] == "c/d"
    assert "system" not in asked[1]


def test_a_task_goes_with_each_question(daemon: CliDaemon) -> None:
    """Its model and system prompt are used unless the conversation sets them."""
    lines = ("one", "/model", "/system", "/model c/d", "/system -", "two")
    out, _, asked = talk(daemon, *lines, words=["-t", "review"])
    assert "the model of review; /help for help" in out
    assert "current model: the model of review; switch with /model NAME" in out
    assert "system prompt: that of review" in out
    assert {k: v for k, v in asked[0].items() if k != "messages"} == {"task": "review"}
    assert {k: v for k, v in asked[1].items() if k != "messages"} == {
        "task": "review",
        "model": "c/d",
        "system": "",
    }
    assert daemon.params_of("route.explain") == {"model": "c/d", "task": "review"}


def test_clear_forgets(daemon: CliDaemon) -> None:
    """The next question is the first one."""
    out, _, _ = talk(daemon, "one", "/clear", "two")
    assert "1: two" in out


def test_a_failed_question_is_not_kept(daemon: CliDaemon) -> None:
    """The failure is printed, and the conversation goes on without it."""

    def fail_once(session: Session, msgid: int, params: Map) -> Map:
        if params["messages"][-1]["content"] == "bad":  # type: ignore[index]
            raise Refusal("rate_limited", "up: too fast")
        return answer(session, msgid, params)

    daemon.answers["chat"] = fail_once
    out, err, _ = talk(daemon, "bad", "good")
    assert err == "aircher-cli: up: too fast\nto send it again: /retry\n"
    assert "1: good" in out


def test_a_refusal_names_what_works_here(daemon: CliDaemon) -> None:
    """Not an option of `ask`."""
    until = time.time() + 60
    daemon.answers["chat"] = refuses("rate_limited", "up: too fast", until=until)
    _, err, _ = talk(daemon, "one")
    assert "ask --wait" not in err
    assert re.search(r"available again in .*; send it again then: /retry\n$", err)


class Interrupting(Stream):
    """A terminal at which Ctrl-C is pressed, once, as soon as it shows this text."""

    def __init__(self, text: str) -> None:
        super().__init__(terminal=True)
        self._awaited = text

    def write(self, text: str) -> int:
        count = super().write(text)
        if self._awaited and self._awaited in text:
            self._awaited = ""
            os.kill(os.getpid(), signal.SIGINT)
        return count


def is_stopped(session: Session, msgid: int, params: Map) -> Map:
    """Think, say something, and be stopped."""
    session.delta(msgid, 1, type="reasoning", text="hm")
    session.delta(msgid, 2, type="text", text="Half of it")
    session.is_cancelled.wait(20)
    raise Refusal("cancelled", "cancelled")


def in_turn(*handlers: Handler) -> Handler:
    """Return a handler that does something else each time."""
    left = list(handlers)

    def handle(session: Session, msgid: int, params: Map) -> object:
        return left.pop(0)(session, msgid, params)

    return handle


def test_a_stopped_answer_is_kept(daemon: CliDaemon) -> None:
    """Marked, so that the model and a reader know that it is not whole."""
    daemon.answers["chat"] = in_turn(is_stopped, answer)
    out, _, asked = talk(daemon, "one", "go on", out=Interrupting("Half of"))
    assert "Half of it\nstopped: what it said is kept, marked as stopped" in out
    assert asked[1]["messages"][1] == {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Half of it"},
            {"type": "text", "text": "\n\n[The user stopped the answer here.]"},
        ],
    }


def test_an_answer_that_was_stopped_before_it_began_is_not_kept(daemon: CliDaemon) -> None:
    """The question can be sent again."""
    daemon.answers["chat"] = in_turn(is_stopped, answer)
    out, _, asked = talk(daemon, "one", "/retry", err=Interrupting("hm"))
    assert "stopped: nothing was said; /retry sends your message again" in out
    assert asked[0]["messages"] == asked[1]["messages"]


def test_an_answer_that_broke_off_is_kept(daemon: CliDaemon) -> None:
    """With the text that was not streamed."""

    def break_off(session: Session, msgid: int, params: Map) -> Map:
        session.delta(msgid, 1, type="text", text="Half")
        raise Refusal("truncated", "up: the answer broke off", text="Half of it")

    daemon.answers["chat"] = in_turn(break_off, answer)
    out, err, asked = talk(daemon, "one", "go on")
    assert "Half of it\n" in out
    assert err == "aircher-cli: up: the answer broke off\nto send it again: /retry\n"
    kept = asked[1]["messages"][1]["content"]
    assert [part["text"] for part in kept] == ["Half of it", "\n\n[The answer broke off here.]"]


def test_retry_replaces_the_last_answer(daemon: CliDaemon) -> None:
    """By one of another model, if one is named; the model of the conversation stays."""
    _, _, asked = talk(daemon, "one", "two", "/retry", "/retry c/d", "three", words=["-m", "a/b"])
    assert [each["model"] for each in asked] == ["a/b", "a/b", "a/b", "c/d", "a/b"]
    assert asked[1]["messages"] == asked[2]["messages"] == asked[3]["messages"]
    assert [m["role"] for m in asked[4]["messages"]] == ["user", "assistant"] * 2 + ["user"]


def test_a_retry_that_fails_changes_nothing(daemon: CliDaemon) -> None:
    """The answer before it is still part of the conversation, and is replaced later."""
    daemon.answers["chat"] = in_turn(answer, refuses("overloaded", "up: later"), answer, answer)
    _, err, asked = talk(daemon, "one", "/retry", "/retry", "two")
    assert "up: later" in err
    assert [len(each["messages"]) for each in asked] == [1, 1, 1, 3]


def test_retry_needs_a_message(daemon: CliDaemon) -> None:
    """And a model that exists."""
    _, err, asked = talk(daemon, "/retry", "/edit")
    assert err == "aircher-cli: there is no message yet\n" * 2
    daemon.answers["route.explain"] = refuses("unknown_model", "unknown model 'nope'")
    _, err, asked = talk(daemon, "one", "/retry nope")
    assert "unknown model 'nope'" in err
    assert len(asked) == 1


def test_edit_on_the_line(daemon: CliDaemon) -> None:
    """The last message is there to be changed; Ctrl-C leaves it as it is."""
    daemon.answers |= {"chat": answer, "route.explain": {"candidates": []}}
    keyboard = Typed("one", "two", "/edit", "TWO", "/edit", KeyboardInterrupt, "three")
    with context_of(daemon, Stream(terminal=True)).connect() as client:
        context = context_of(daemon, Stream(terminal=True))
        ChatSession(context, client, build_parser().parse([])).run(keyboard)
    asked = [params["messages"] for method, params in daemon.calls if method == "chat"]
    assert keyboard.drafts == ["", "", "", "two", "", "TWO", "", ""]
    assert [each[-1]["content"] for each in asked] == ["one", "two", "TWO", "three"]
    assert [len(each) for each in asked] == [1, 3, 3, 5]


def test_edit_in_an_editor(daemon: CliDaemon, tmp_path: Path) -> None:
    """That of the environment; files in the message stay."""
    notes = tmp_path / "a.png"
    notes.write_bytes(base64.b64decode(PNG) + b"\0" * 64)
    environ = {"EDITOR": "sed -i s/one/ONE/"}
    _, _, asked = talk(daemon, f"/file {notes}", "one", "/edit", environ=environ)
    before, after = (params["messages"][-1]["content"] for params in asked)
    assert after[0]["text"] == before[0]["text"].replace("one", "ONE")
    assert after[1:] == before[1:]


def test_who_answers_is_said_once_and_when_it_changes(daemon: CliDaemon) -> None:
    """Before the answer."""

    def answer_as(model: str) -> Handler:
        def handle(session: Session, msgid: int, params: Map) -> Map:
            trying = {"provider": "up", "model": model, "outcome": "trying"}
            session.delta(msgid, 0, type="attempt", **trying)
            return {**answer(session, msgid, params), "model": model}

        return handle

    daemon.answers["chat"] = in_turn(answer_as("m"), answer_as("m"), answer_as("n"))
    out, err, _ = talk(daemon, "one", "two", "three")
    assert out.partition("help\n")[2] == (
        "up/m answers:\n1: one\n3: two\nup/n answers:\n5: three\n"
    )
    assert err == ""


def test_a_fallback_is_explained(daemon: CliDaemon) -> None:
    """After the answer."""
    attempts = [
        {"provider": "down", "model": "m", "outcome": "overloaded"},
        {"provider": "up", "model": "m", "outcome": "ok"},
    ]
    daemon.answers["chat"] = lambda *call: {**answer(*call), "attempts": attempts}
    out, err, _ = talk(daemon, "one")
    assert "1: one\nup/m answered\n" in out
    assert err == "down is overloaded; up/m answered\n"


def test_it_starts_by_saying_who_will_answer(daemon: CliDaemon) -> None:
    """As far as is known."""
    plan = {"candidates": [{"provider": "up", "model": "m"}]}
    daemon.answers |= {"route.explain": plan, "hello": {"protocol": 1}}
    out = Stream(terminal=True)
    context = context_of(daemon, out)
    with context.connect() as client:
        session = ChatSession(context, client, build_parser().parse([]))
        session.check()
        session.run(Typed("/model main", "/model up/m"))
    assert out.text == (
        "the default model (up/m); /help for help\nmodel: main (up/m)\nmodel: up/m\n"
    )


def on_one_line(out: str) -> str:
    """Undo the wrapping of lines with a long path."""
    return " ".join(out.split())


def test_a_system_prompt_is_saved_and_restored(daemon: CliDaemon, tmp_path: Path) -> None:
    """By `/save` and `--messages`; -s takes precedence."""
    file = tmp_path / "talk.json"
    out, _, _ = talk(daemon, "/system be brief", "one", f"/save {file}", "/system")
    assert f"saved 2 messages and the system prompt to {file}" in on_one_line(out)
    assert "system prompt: be brief" in out
    out, _, asked = talk(daemon, "two", words=["--messages", str(file)])
    restored = f"loaded 2 messages and the system prompt from {file}"
    assert on_one_line(out).startswith(restored)
    assert asked[-1]["system"] == "be brief"
    assert len(asked[-1]["messages"]) == 3
    out, _, asked = talk(daemon, "two", words=["--messages", str(file), "-s", "be long"])
    assert f"loaded 2 messages from {file} " in on_one_line(out)
    assert asked[-1]["system"] == "be long"


def test_tokens(daemon: CliDaemon) -> None:
    """Of the conversation and the window, of the last answer, and of all."""
    daemon.answers |= {
        "route.explain": {
            "candidates": [{"provider": "up", "model": "m"}],
            "needs": {"input_tokens": 2000},
        },
        "models.list": {"models": [{"provider": "up", "model": "m", "window": 100_000}]},
    }
    out, _, _ = talk(daemon, "/tokens", "one", "two", "/tokens")
    assert "conversation: 0 messages\nthere is no answer yet\n" in out
    assert "conversation: 4 messages, about 2,000 tokens, 2% of the window of 100,000\n" in out
    assert "last answer: 3 tokens in, 2 out, cost unknown, up/m\n" in out
    assert "this chat: 2 answers, 6 tokens in, 4 out, cost unknown\n" in out


def test_a_daemon_that_was_restarted_is_asked_again(daemon: CliDaemon) -> None:
    """While the user was thinking, and while the message was under way; one line says so."""

    def vanish(session: Session, msgid: int, params: Map) -> Map:
        session.sock.shutdown(socket.SHUT_RDWR)
        session.is_closed.wait(20)
        raise Refusal("internal", "not sent")

    class Restarting(Typed):
        def read(self, draft: str = "") -> str | None:
            if len(self.drafts) == 1:
                daemon.sessions[-1].sock.shutdown(socket.SHUT_RDWR)
                daemon.sessions[-1].is_closed.wait(20)
            return super().read(draft)

    daemon.answers["chat"] = in_turn(answer, answer, vanish, answer)
    err = Stream(terminal=True)
    context = context_of(daemon, Stream(terminal=True), err)
    with context.connect() as client:
        session = ChatSession(context, client, build_parser().parse([]))
        session.run(Restarting("one", "two", "three"))
    assert err.text == f"{SENT_AGAIN}\n" * 2
    asked = [params["messages"] for method, params in daemon.calls if method == "chat"]
    assert [len(each) for each in asked] == [1, 3, 5, 5]


def test_a_daemon_that_ends_within_an_answer(daemon: CliDaemon) -> None:
    """What it said is kept, and the message is not sent again by itself: it may be paid twice."""

    def vanish(session: Session, msgid: int, params: Map) -> Map:
        session.delta(msgid, 1, type="text", text="Half")
        session.sock.shutdown(socket.SHUT_WR)
        session.is_closed.wait(20)
        raise Refusal("internal", "not sent")

    daemon.answers["chat"] = in_turn(vanish, answer)
    out, err, asked = talk(daemon, "one", "/retry")
    assert "Half\n" in out
    assert "aircher-cli: the answer broke off, because the daemon ended\nto send it again" in err
    assert [len(each["messages"]) for each in asked] == [1, 1]


def test_an_answer_is_wrapped_at_words(daemon: CliDaemon) -> None:
    """Unless --raw is given."""
    said = "**Some** words that do not fit into one line of this terminal, all of them."
    daemon.answers["chat"] = streams(*said)
    out, _, _ = talk(daemon, "one", environ={"COLUMNS": "40"})
    assert "**Some** words that do not fit into one\nline of this terminal, all of them.\n" in out
    out, _, _ = talk(daemon, "one", words=["--raw"], environ={"COLUMNS": "40"})
    assert f"{said}\n" in out


def test_ctrl_c_at_the_keyboard_drops_the_line(daemon: CliDaemon) -> None:
    """As in a shell."""
    out, _, _ = talk(daemon, KeyboardInterrupt, "one")
    assert "1: one" in out


def test_a_file_goes_with_the_next_question_only(daemon: CliDaemon, tmp_path: Path) -> None:
    """And a file that cannot be read is reported at once."""
    notes = tmp_path / "notes.txt"
    notes.write_text("remember the milk")
    _, err, asked = talk(daemon, f"/file {notes}", "/file /no/such", "what?", "again")
    assert "/no/such" in err
    assert "remember the milk" in str(asked[0]["messages"][-1]["content"])
    assert asked[1]["messages"][-1]["content"] == "again"


PNG = "iVBORw0KGgoAAAANSUhEUg=="


def test_every_part_of_an_answer_goes_back_as_it_came(
    daemon: CliDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images are written to files, sources are listed, and the next question has them all."""
    monkeypatch.chdir(tmp_path)
    parts: list[Map] = [
        {"type": "other", "kind": "search", "origin": "up/m", "data": "{}", "signature": "s"},
        {"type": "text", "text": "No cat.", "refusal": True, "citations": [{"url": "https://a"}]},
        {"type": "image", "data": PNG, "media_type": "image/png", "origin": "up/m"},
    ]

    def draw(session: Session, msgid: int, params: Map) -> Map:
        message = {"role": "assistant", "content": parts}
        return {**answer(session, msgid, params), "message": message, "finish": "refusal"}

    daemon.answers["chat"] = draw
    _, err, asked = talk(daemon, "draw", "again")
    assert len(list(tmp_path.glob("aircher-*.png"))) == 2
    assert "sources:\n[1] https://a\n" in err
    assert "the model refused to answer" in err
    assert asked[1]["messages"][1] == {"role": "assistant", "content": parts}


def test_a_paused_answer_is_continued(daemon: CliDaemon) -> None:
    """It is one answer in the conversation."""

    def pause(session: Session, msgid: int, params: Map) -> Map:
        finish = "pause" if len(params["messages"]) == 1 else "stop"  # type: ignore[arg-type]
        return {**answer(session, msgid, params), "finish": finish}

    daemon.answers["chat"] = pause
    _, _, asked = talk(daemon, "one", "two")
    assert [len(params["messages"]) for params in asked] == [1, 2, 3]
    assert len(asked[2]["messages"][1]["content"]) == 2


def test_an_empty_answer_is_not_kept(daemon: CliDaemon) -> None:
    """Providers reject an empty message in a conversation."""

    def say_nothing(session: Session, msgid: int, params: Map) -> Map:
        message = {"role": "assistant", "content": []}
        return {**answer(session, msgid, params), "message": message, "empty": True}

    daemon.answers["chat"] = say_nothing
    _, err, asked = talk(daemon, "one", "two")
    assert "up/m answered with nothing" in err
    assert len(asked[1]["messages"]) == 1


def test_save_and_go_on(daemon: CliDaemon, tmp_path: Path) -> None:
    """What was saved is a conversation to go on with."""
    file = tmp_path / "talk.json"
    out, _, _ = talk(daemon, "one", f"/save {file}")
    assert f"saved 2 messages to {file}" in on_one_line(out)
    out, _, _ = talk(daemon, "two", words=["--messages", str(file)])
    assert "3: two" in out


def test_model_without_a_name_lists_them(daemon: CliDaemon) -> None:
    """From the daemon, asked once."""
    daemon.answers["models.list"] = {"models": [{"provider": "up", "model": "m"}]}
    out, _, _ = talk(daemon, "/model", "/model")
    assert out.count("up/m\n") == 2
    assert [method for method, _ in daemon.calls].count("models.list") == 1


@pytest.mark.parametrize("chosen", ["c/d", None])
def test_model_without_a_name_opens_the_list_where_it_can_be_drawn(
    daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch, chosen: str | None
) -> None:
    """The conversation goes on with the choice; without one nothing changes."""
    in_use = []

    def choose(context: Context, model: str, **_: str) -> str | None:
        in_use.append(model)
        return chosen

    monkeypatch.setattr(chat_loop, "can_pick", lambda context: True)
    monkeypatch.setattr(chat_loop, "pick_model", choose)
    out, _, asked = talk(daemon, "one", "/model", "two", words=["-m", "a/b"])
    assert in_use == ["a/b"]
    assert ("model: c/d\n" in out) is (chosen is not None)
    assert [each["model"] for each in asked] == ["a/b", chosen or "a/b"]
    assert len(asked[1]["messages"]) == 3


def test_models_are_listed_again_after_the_list(
    daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user may have signed in there, so that more models complete."""
    monkeypatch.setattr(chat_loop, "can_pick", lambda context: True)
    monkeypatch.setattr(chat_loop, "pick_model", lambda context, model, **_: None)
    daemon.answers["models.list"] = {"models": []}
    with context_of(daemon).connect() as client:
        session = ChatSession(context_of(daemon), client, build_parser().parse([]))
        assert session.completions("/model ") == []
        daemon.answers["models.list"] = {"models": [{"provider": "a", "model": "b"}]}
        session.pick_model()
        assert session.completions("/model ") == ["a/b"]


def test_usage_of_the_last_answer(daemon: CliDaemon) -> None:
    """Before there is one, that is said."""
    out, _, _ = talk(daemon, "/usage", "one", "/usage")
    assert "there is no answer yet" in out
    assert "last answer: 3 tokens in, 2 out" in out


def test_an_unknown_command_is_no_question(daemon: CliDaemon) -> None:
    """A slip of the finger costs nothing."""
    _, err, asked = talk(daemon, "/exti")
    assert "unknown command /exti (did you mean /exit?): see /help" in err
    assert asked == []


def test_exit_leaves(daemon: CliDaemon) -> None:
    """What follows is not read."""
    _, _, asked = talk(daemon, "/exit", "one")
    assert asked == []


def test_completions(daemon: CliDaemon) -> None:
    """Commands, and models after /model; nothing within a question."""
    daemon.answers["models.list"] = {"models": [{"provider": "up", "model": "m"}]}
    environ = daemon.environ
    context = Context(Console(Stream(), Stream(), environ), environ, None)
    with context.connect() as client:
        dialogue = ChatSession(context, client, build_parser().parse([]))
        assert dialogue.completions("/mo") == ["/model"]
        assert dialogue.completions("/model u") == ["up/m"]
        assert dialogue.completions("why /mo") == []


def test_an_unknown_model_is_not_used(daemon: CliDaemon) -> None:
    """The conversation goes on with the one before."""
    daemon.answers["route.explain"] = refuses("unknown_model", "unknown model 'nope'")
    _, err, asked = talk(daemon, "/model nope", "one")
    assert "unknown model 'nope'" in err
    assert daemon.params_of("route.explain") == {"model": "nope"}
    assert "/retry" not in err
    assert "model" not in asked[0]


def test_notices_of_the_daemon_come_at_the_start(daemon: CliDaemon) -> None:
    """Before the first question, even if neither a model nor a task is named."""
    notices = [{"code": "config_invalid", "message": "look here"}]
    daemon.answers |= {"hello": {"protocol": 1, "notices": notices}, "ping": {}}
    err = Stream(terminal=True)
    context = Context(Console(None, err, {}), daemon.environ, Stream(terminal=True))
    with context.connect() as client:
        ChatSession(context, client, build_parser().parse([])).check()
    assert err.text == "aircher-cli: look here\n"


def test_a_named_conversation_goes_on(daemon: CliDaemon) -> None:
    """With its messages, model and system prompt; what was stopped is marked."""
    daemon.answers["chat"] = in_turn(is_stopped, *[answer] * 3)
    words = ["tea", "-m", "a/b", "-s", "be brief"]
    out, _, _ = talk(daemon, "one", words=words, out=Interrupting("Half of"))
    assert out.startswith("tea: a new conversation\na/b; /help for help\n")
    out, _, asked = talk(daemon, "two", "/model c/d", words=["tea"])
    assert out.startswith("tea: loaded 2 messages and the system prompt\na/b; /help for help\n")
    assert (asked[0]["model"], asked[0]["system"]) == ("a/b", "be brief")
    assert "[The user stopped the answer here.]" in str(asked[0]["messages"][1])
    out, _, asked = talk(daemon, "three", words=["-c", "-s", "be long"])
    assert out.startswith("tea: loaded 4 messages\nc/d; /help for help\n")
    assert (asked[0]["model"], asked[0]["system"]) == ("c/d", "be long")
    assert len(asked[0]["messages"]) == 5
    _, _, asked = talk(daemon, "four", words=["tea", "-t", "review"])
    assert set(asked[0]) == {"messages", "task", "conversation"}


def test_another_terminal_goes_on_with_the_same_conversation(daemon: CliDaemon) -> None:
    """What it has said is part of the next message."""

    class Elsewhere(Typed):
        def read(self, draft: str = "") -> str | None:
            if len(self.drafts) == 1:
                talk(daemon, "there", words=["tea"])
            return super().read(draft)

    daemon.answers |= {"chat": answer, "route.explain": {"candidates": []}}
    err = Stream(terminal=True)
    context = context_of(daemon, Stream(terminal=True), err)
    with context.connect() as client:
        session = ChatSession(context, client, build_parser().parse(["tea"]))
        session.run(Elsewhere("here", "again"))
    assert err.text == (
        "aircher-cli: tea goes on in another terminal, and its messages were loaded\n"
    )
    said = [message["content"] for message in daemon.params_of("chat")["messages"]]
    assert [each for each in said if isinstance(each, str)] == ["here", "there", "again"]


@pytest.mark.parametrize("option", ["--no-keep", "--no-history"])
def test_nothing_is_kept_where_the_user_wants_that(daemon: CliDaemon, option: str) -> None:
    """Neither what was typed nor what was said; the second name is the older one."""
    talk(daemon, "one", words=[option])
    talk(daemon, "one", environ={"AIRCHER_KEEP": "0"})
    assert list(daemon.home.glob("**/conversations/*")) == []
    talk(daemon, "one")
    assert len(list(daemon.home.glob("**/conversations/*.jsonl"))) == 1


def test_restrictions_of_a_conversation_stay(daemon: CliDaemon) -> None:
    """What was said with a key for work goes to no other one."""
    daemon.answers["chat"] = answer
    route = {"providers": ["up"], "key": "work"}
    said = {"role": "user", "content": "one"}
    saved = ConversationStore.of(daemon.environ).open("tea")
    saved.append([said], {**said, "role": "assistant"}, settings=Settings(route=route))
    out, _, asked = talk(daemon, "two", "/model c/d", "/retry", words=["tea"])
    assert out.startswith("tea: loaded 2 messages; providers up, key work\n")
    assert [each["route"] for each in asked] == [route, route]
    assert daemon.params_of("route.explain")["route"] == route
    assert asked[0]["conversation"] == "tea"
    assert ConversationStore.of(daemon.environ).open("tea").settings.route == route


def test_the_key_of_a_conversation_is_kept(daemon: CliDaemon) -> None:
    """What was said to one account does not go to another because --key is left out later."""
    _, _, asked = talk(daemon, "one", words=["tea", "--key", "work"])
    assert asked[0]["route"] == {"key": "work"}
    _, _, asked = talk(daemon, "two", words=["tea"])
    assert asked[0]["route"] == {"key": "work"}
    _, _, asked = talk(daemon, "three", words=["tea", "--key", "own"])
    assert asked[0]["route"] == {"key": "own"}


def test_the_key_of_the_folder_is_kept(daemon: CliDaemon) -> None:
    """The conversation stays with it where the folder has none."""
    hello = daemon.answers["hello"]
    assert isinstance(hello, dict)
    daemon.answers["hello"] = {**hello, "project": {"key": "work"}}
    _, _, asked = talk(daemon, "one", words=["plans"])
    assert "route" not in asked[0]
    daemon.answers["hello"] = hello
    _, _, asked = talk(daemon, "two", words=["plans"])
    assert asked[-1]["route"] == {"key": "work"}


def test_a_key_of_another_terminal_is_used_here_too(daemon: CliDaemon) -> None:
    """Else what was said there would go to this terminal's account."""

    class Elsewhere(Typed):
        def read(self, draft: str = "") -> str | None:
            if len(self.drafts) == 1:
                talk(daemon, "there", words=["tea", "--key", "work"])
            return super().read(draft)

    daemon.answers |= {"chat": answer, "route.explain": {"candidates": []}}
    out = Stream(terminal=True)
    context = context_of(daemon, out, Stream(terminal=True))
    with context.connect() as client:
        session = ChatSession(context, client, build_parser().parse(["tea"]))
        session.run(Elsewhere("here", "again"))
    assert daemon.params_of("chat")["route"] == {"key": "work"}
    assert "from now on only keys named work are used, as chosen there" in out.text


def test_the_account_stays_with_another_model(daemon: CliDaemon) -> None:
    """What the model before named is kept for its provider."""
    daemon.answers["route.explain"] = {"candidates": []}
    out, _, asked = talk(daemon, "one", "/retry a/e", "/model a/c", words=["tea", "-m", "a@work/b"])
    assert [each["model"] for each in asked] == ["a@work/b", "a@work/e"]
    assert "model: a@work/c" in out
    _, _, asked = talk(daemon, "three", words=["tea", "-m", "a/d"])
    assert asked[-1]["model"] == "a@work/d"
