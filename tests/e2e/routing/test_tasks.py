"""Presets of the configuration, by real requests."""

import json

import pytest

from aircher_client import DaemonError
from helpers.daemon.ipc_requests import KEYS, chats, refusal

TASKS = """
[tasks.review]
model = "work/gpt-5.5"
system = "You review code."
temperature = 0.25
max_tokens = 2000

[tasks.search]
model = "chain"
tools = ["web_search"]

[tasks.brief]
system = "Be brief."
"""


@pytest.fixture
def daemon(home):
    """A daemon with tasks, and an alias as its default model."""
    home.write_config('default_model = "chain"\n' + home.config_file.read_text() + TASKS)
    home.start(KEYS)
    return home


def test_a_task_sets_what_the_options_leave_out(daemon, sim):
    """The provider receives the preset, and what the command line sets wins."""
    done = daemon.cli("ask", "-t", "review", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    body = chats(sim)[0].json
    assert body["messages"][0] == {"role": "system", "content": "You review code."}
    assert (body["model"], body["temperature"]) == ("gpt-5.5", 0.25)
    done = daemon.cli("ask", "-t", "review", "-m", "spare/claude-sonnet-5", "-s", "Other.", "hello")
    assert done.returncode == 0
    body = chats(sim)[1].json
    assert "Other." in str(body["system"])
    assert (body["model"], body["max_tokens"]) == ("claude-sonnet-5", 2000)


def test_a_task_without_a_model_uses_the_default(daemon, sim):
    """With everything else that it sets."""
    with daemon.client() as client:
        answer = client.chat({"messages": [{"role": "user", "content": "hello"}], "task": "brief"})
    assert answer["provider"] == "work"
    assert chats(sim)[0].json["messages"][0]["content"] == "Be brief."


def test_the_tools_of_a_task_decide_who_is_asked(daemon, sim):
    """A server that has no such tool is skipped, as with `--tool`."""
    plan = json.loads(daemon.cli("route", "-t", "search", "--json").stdout)
    assert plan["needs"]["abilities"] == ["tools"]
    daemon.cli("ask", "-t", "search", "hello")
    (received,) = chats(sim, "anthropic")
    assert "web_search" in received.json["tools"][0]["type"]


def test_an_unknown_task_gets_a_suggestion(daemon, sim):
    """Over the socket and at the command line, without a call."""
    with daemon.client() as client:
        error = refusal(client, task="reveiw")
        with pytest.raises(DaemonError, match="did you mean 'review'"):
            client.call("route.explain", {"task": "reveiw"})
    assert error.code == "bad_request"
    done = daemon.cli("ask", "-t", "reveiw", "hello")
    assert done.returncode == 1
    assert "there is no task 'reveiw' (did you mean 'review'?)" in done.stderr
    assert chats(sim) == []


def test_status_lists_the_tasks(daemon):
    """For completion, and for people."""
    with daemon.client() as client:
        assert client.call("status")["tasks"] == [
            {"name": "review", "model": "work/gpt-5.5"},
            {"name": "search", "model": "chain"},
            {"name": "brief"},
        ]
    assert "review, search, brief" in daemon.cli("status").stdout


def test_a_changed_task_takes_effect(daemon, sim):
    """After a reload, without a restart."""
    daemon.config_file.write_text(daemon.config_file.read_text().replace("0.25", "0.75"))
    assert daemon.cli("config", "reload").returncode == 0
    daemon.cli("ask", "-t", "review", "hello")
    assert chats(sim)[0].json["temperature"] == 0.75
