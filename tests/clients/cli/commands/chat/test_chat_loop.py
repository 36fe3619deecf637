"""The turns of a conversation, with a scripted keyboard and a fake daemon."""

from pathlib import Path

import pytest

from aircher_cli.commands.chat import chat_loop
from aircher_cli.commands.chat.chat_loop import COMMANDS, HELP, ChatSession
from aircher_cli.commands.chat.command import build_parser
from aircher_cli.console import Console
from aircher_cli.context import Context
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal, Session, refuses


class Typed:
    """A keyboard on which these lines are typed; an exception is raised in its turn."""

    def __init__(self, *lines: str | type[BaseException]) -> None:
        self._lines = list(lines)

    def read(self) -> str | None:
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


def context_of(daemon: CliDaemon, out: Stream | None = None, err: Stream | None = None) -> Context:
    environ = {**daemon.environ, "NO_COLOR": "1"}
    return Context(Console(out, err, environ), environ, Stream(terminal=True))


def talk(daemon: CliDaemon, *lines: str | type[BaseException], words: list[str] | None = None):
    """Run a conversation; return what it printed, and the chat requests it made."""
    daemon.answers.setdefault("chat", answer)
    daemon.answers.setdefault("route.explain", {"candidates": []})
    daemon.answers.setdefault("models.list", {"models": []})
    out, err = Stream(terminal=True), Stream(terminal=True)
    context = context_of(daemon, out, err)
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
    assert "up: too fast" in err
    assert "1: good" in out


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
    assert f"saved 2 messages to {file}" in out
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

    def choose(context: Context, model: str) -> str | None:
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
    monkeypatch.setattr(chat_loop, "pick_model", lambda context, model: None)
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
    assert "3 tokens in, 2 out" in out


def test_an_unknown_command_is_no_question(daemon: CliDaemon) -> None:
    """A slip of the finger costs nothing."""
    _, err, asked = talk(daemon, "/exti")
    assert "unknown command /exti: see /help" in err
    assert asked == []


def test_exit_leaves(daemon: CliDaemon) -> None:
    """What follows is not read."""
    _, _, asked = talk(daemon, "/exit", "one")
    assert asked == []


def test_help_names_every_command() -> None:
    """/quit is a second name of /exit."""
    for command in COMMANDS:
        assert command in HELP or command == "/quit"


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
