"""What `ask` keeps of a question and its answer, and when it keeps nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aircher_client.conversations import ConversationStore, SavedConversation, store
from aircher_client.conversations.texts import message_text
from helpers.daemon.cli import COMMAND, Outcome, run_cli
from helpers.daemon.cli_daemon import (
    CliDaemon,
    Map,
    Refusal,
    Session,
    chat_result,
    refuses,
    streams,
)


def ask(daemon: CliDaemon, *words: str, **environ: str) -> Outcome:
    daemon.answers.setdefault("chat", streams("an ", "answer"))
    return run_cli({**daemon.environ, **environ}, "ask", *words)


def kept(daemon: CliDaemon) -> list[SavedConversation]:
    found = ConversationStore.of(daemon.environ)
    return [found.open_entry(entry) for entry in found.entries()]


def only(daemon: CliDaemon) -> SavedConversation:
    (conversation,) = kept(daemon)
    return conversation


def test_question_and_answer_are_kept(daemon: CliDaemon) -> None:
    """With what the user chose and who answered, for the user alone."""
    ask(daemon, "-m", "a/b", "-s", "be short", "--provider", "a", "why?")
    conversation = only(daemon)
    (turn,) = conversation.turns
    assert conversation.messages == [
        {"role": "user", "content": "why?"},
        {"role": "assistant", "content": [{"type": "text", "text": "an answer"}]},
    ]
    assert turn.settings.fields() == {
        "model": "a/b",
        "system": "be short",
        "route": {"providers": ["a"]},
    }
    assert (turn.answered_by, turn.cut_off) == ("openai/gpt-5.5", "")
    path = Path(conversation.path)
    modes = [each.stat().st_mode & 0o777 for each in (path, path.parent)]
    assert modes == [0o600, 0o700]


@pytest.mark.parametrize("words", [["--json"], ["--no-stream"], ["-v", "-u"]])
def test_it_is_kept_however_it_is_shown(daemon: CliDaemon, words: list[str]) -> None:
    """What is printed makes no difference."""
    ask(daemon, *words, "why?")
    assert len(only(daemon).messages) == 2


@pytest.mark.parametrize(
    ("words", "environ", "server"),
    [
        (["--no-keep"], {}, None),
        ([], {"AIRCHER_KEEP": "0"}, None),
        ([], {}, {"keep": False, "keep_days": 90}),
        (["--conversation", "tea"], {"AIRCHER_KEEP": "0"}, None),
    ],
)
def test_nothing_is_kept_if_the_user_wants_it(
    daemon: CliDaemon, words: list[str], environ: dict[str, str], server: Map | None
) -> None:
    """By option, variable or configuration; not even the folder is created."""
    if server:
        daemon.answers["hello"] = {**_hello(daemon), "conversations": server}
    outcome = ask(daemon, *words, "why?", **environ)
    assert (outcome.out, outcome.err) == ("an answer\n", "")
    assert not Path(ConversationStore.of(daemon.environ).folder).exists()


def _hello(daemon: CliDaemon) -> Map:
    found = daemon.answers["hello"]
    assert isinstance(found, dict)
    return found


def test_what_is_not_kept_can_still_go_on(daemon: CliDaemon) -> None:
    """A question beside the record, in a conversation that is there."""
    ask(daemon, "--conversation", "tea", "one")
    ask(daemon, "--conversation", "tea", "--no-keep", "two")
    messages = daemon.params_of("chat")["messages"]
    assert isinstance(messages, list)
    assert [message_text(message) for message in messages] == ["one", "an answer", "two"]
    assert len(only(daemon).messages) == 2


def test_old_ones_are_removed(daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the configuration says, which the daemon tells."""
    daemon.answers["hello"] = {**_hello(daemon), "conversations": {"keep": True, "keep_days": 2}}
    ask(daemon, "--conversation", "old", "one")
    monkeypatch.setattr(store, "last_touched", lambda status: status.st_mtime)
    old = Path(only(daemon).path)
    os.utime(old, (1e9, 1e9))
    (old.parent / "pruned").unlink()  # a day has passed
    ask(daemon, "--conversation", "young", "two")
    assert [each.name for each in kept(daemon)] == ["young"]


def test_a_stopped_answer_is_kept_and_marked(daemon: CliDaemon) -> None:
    """Ctrl-C keeps what was shown."""

    def forever(session: Session, msgid: int, _params: Map) -> Map:
        session.delta(msgid, 1, type="text", text="half of")
        session.is_cancelled.wait(20)
        raise Refusal("cancelled", "cancelled")

    daemon.answers["chat"] = forever
    process = subprocess.Popen(
        [*COMMAND, "ask", "why?"], stdout=subprocess.PIPE, env=daemon.environ, text=True
    )
    assert process.stdout is not None
    assert process.stdout.read(7) == "half of"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    (turn,) = only(daemon).turns
    assert (turn.reply["content"], turn.cut_off) == ("half of", "stopped")


def test_an_answer_that_broke_off_is_kept_and_marked(daemon: CliDaemon) -> None:
    """With the part that only the error has."""

    def breaks(session: Session, msgid: int, _params: Map) -> Map:
        session.delta(msgid, 1, type="text", text="half")
        raise Refusal("truncated", "it broke off", text="half of it")

    daemon.answers["chat"] = breaks
    assert ask(daemon, "why?").code == 5
    (turn,) = only(daemon).turns
    assert (turn.reply["content"], turn.cut_off) == ("half of it", "broken off")


@pytest.mark.parametrize(("finish", "mark"), [("length", "length"), ("stop", ""), ("refusal", "")])
def test_answers_that_are_not_whole_are_marked(daemon: CliDaemon, finish: str, mark: str) -> None:
    """As the provider says."""
    daemon.answers["chat"] = {**chat_result("text"), "finish": finish}
    ask(daemon, "why?")
    assert only(daemon).turns[0].cut_off == mark


@pytest.mark.parametrize(
    "content",
    ["", [], [{"type": "tool_call", "id": "1", "name": "weather", "arguments": "{}"}]],
)
def test_answers_that_cannot_go_on_are_not_kept(daemon: CliDaemon, content: object) -> None:
    """An empty one cannot be sent back, and `ask` has no result for a call."""
    message = {"role": "assistant", "content": content}
    daemon.answers["chat"] = {**chat_result("text"), "message": message}
    ask(daemon, "why?")
    assert kept(daemon) == []


def test_a_failed_question_is_not_kept(daemon: CliDaemon) -> None:
    """It has no answer to go on from."""
    daemon.answers["chat"] = refuses("bad_request", "no")
    assert ask(daemon, "why?").code == 1
    assert kept(daemon) == []


def test_messages_of_a_file_are_kept(daemon: CliDaemon) -> None:
    """A conversation from elsewhere can go on with -c."""
    given = json.dumps([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}])
    ask(daemon, "--messages", given, "c")
    assert [*map(message_text, only(daemon).messages)] == ["a", "b", "c", "an answer"]


def test_cache_marks_are_not_kept(daemon: CliDaemon) -> None:
    """Nor is the system prompt kept as a message, which it is sent as."""
    for words in (["-s", "be short", "one"], ["-c", "two"]):
        ask(daemon, "--cache", *words)
    conversation = only(daemon)
    assert conversation.system == "be short"
    assert [*map(message_text, conversation.messages)] == ["one", "an answer", "two", "an answer"]
    sent = daemon.params_of("chat")["messages"]
    assert isinstance(sent, list)
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("state", ["file", "another version"])
def test_a_state_directory_that_cannot_be_used(daemon: CliDaemon, state: str) -> None:
    """The answer comes, with one notice that says why and how to switch it off."""
    folder = Path(ConversationStore.of(daemon.environ).folder)
    if state == "file":
        folder.parent.parent.mkdir(parents=True)
        folder.parent.touch()
    else:
        ask(daemon, "--conversation", "tea", "one")
        path = Path(only(daemon).path)

        def newer(session: Session, msgid: int, _params: Map) -> Map:
            path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
            return chat_result("an answer")

        daemon.answers["chat"] = newer
    outcome = ask(daemon, "--conversation", "tea", "why?")
    assert (outcome.code, outcome.out) == (0, "an answer\n")
    assert outcome.err.count("\n") == 1
    assert "this answer is not kept, and -c will not know it:" in outcome.err
    assert "aircher-cli config set conversations.keep false" in outcome.err


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def test_a_file_that_may_not_grow(daemon: CliDaemon) -> None:
    """As on a full disk: what was kept before stays readable."""
    ask(daemon, "--conversation", "tea", "one")
    size = str(Path(only(daemon).path).stat().st_size + 50)
    command = [sys.executable, "-c", LIMITED, size, *COMMAND[1:]]
    outcome = subprocess.run(
        [*command, "ask", "--conversation", "tea", "two"],
        # Python would leave cut-off caches of modules, for all who use them later.
        env={**daemon.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.returncode, outcome.stdout) == (0, "an answer\n")
    assert "this answer is not kept" in outcome.stderr
    assert "File too large" in outcome.stderr
    assert len(only(daemon).turns) == 1
    assert only(daemon).notes == []


def test_another_terminal_in_between_is_said(daemon: CliDaemon) -> None:
    """Its question comes first, and nothing is lost."""
    ask(daemon, "--conversation", "tea", "one")

    def interleaved(_session: Session, _msgid: int, _params: Map) -> Map:
        daemon.answers["chat"] = streams("other answer")
        ask(daemon, "--conversation", "tea", "theirs")
        return chat_result("mine")

    daemon.answers["chat"] = interleaved
    outcome = ask(daemon, "--conversation", "tea", "ours")
    assert "1 question of another terminal came in between in tea; yours is after it" in outcome.err
    questions = [turn.asked[0]["content"] for turn in only(daemon).turns]
    assert questions == ["one", "theirs", "ours"]


def test_the_answer_comes_before_anything_is_loaded(daemon: CliDaemon) -> None:
    """Keeping it costs no time until then."""
    code = (
        "import sys, aircher_cli.__main__ as m\n"
        "from aircher_cli.commands.ask.reply import ReplyPrinter\n"
        "real = ReplyPrinter.finish\n"
        "def finish(self, *a, **k):\n"
        "    assert not any(n.startswith('aircher_client.conversations') for n in sys.modules)\n"
        "    assert 'pathlib' not in sys.modules and 'json' not in sys.modules\n"
        "    real(self, *a, **k)\n"
        "ReplyPrinter.finish = finish\n"
        "code = m.main(['ask', 'why?'])\n"
        "assert 'aircher_client.conversations.store' in sys.modules\n"
        "assert 'pathlib' not in sys.modules, 'keeping needs no pathlib'\n"
        "sys.exit(code)\n"
    )
    daemon.answers["chat"] = streams("an answer")
    command = [sys.executable, "-S", "-c", code]
    environ = {**daemon.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "an answer\n", "")
    assert len(only(daemon).messages) == 2
