"""A conversation with the real daemon, at a narrow terminal."""

import json
import sys

from helpers.screen.terminal import Terminal

KEY = "canary-work-0123456789abcdef"
CLI = [sys.executable, "-m", "aircher_cli"]

QUESTION = "**Some** words that do not fit into one line of it"
ANSWER = "Some words that do not fit into one\nline of it\n"


def test_a_conversation_outlives_the_daemon_and_the_program(daemon, sim):
    """It is wrapped at words, sent again after a restart, and goes on under its name."""
    daemon.login("work", KEY)
    environ = {
        **daemon.environ,
        "NO_COLOR": "",
        "TERM": "xterm-256color",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    command = [*CLI, "chat", "tea", "-m", "work/gpt-5.5", "-s", "be brief"]
    with Terminal(command, environ, columns=40) as screen:
        screen.wait_for("tea: a new conversation\nwork/gpt-5.5; /help for help\n")
        screen.send(f"{QUESTION}\r")
        screen.wait_for(f"work/gpt-5.5 answers:\n{ANSWER}")
        assert daemon.stop() == 0
        daemon.start()
        screen.send("/retry\r")
        screen.wait_for(f"sent your\n  message again\n{ANSWER}")
        screen.send("/tokens\r")
        screen.wait_for("conversation: 2 messages, about")
        screen.send("\x04")
        assert screen.wait() == 0
        assert screen.settings() == screen.settings_before
    with Terminal([*CLI, "chat", "-c"], environ, columns=40) as screen:
        screen.wait_for("tea: loaded 2 messages and the system\n  prompt\n")
        screen.send("more\r")
        screen.wait_for("work/gpt-5.5 answers:\nmore\n")
    bodies = [json.loads(each.request.body) for each in sim.requests if each.endpoint == "chat"]
    assert [len(body["messages"]) for body in bodies] == [2, 2, 4]
    assert {body["messages"][0]["content"] for body in bodies} == {"be brief"}
