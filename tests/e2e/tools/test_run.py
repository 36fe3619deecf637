"""`aircher-cli run` with a real daemon and a real tool: a script that asks what it was led to."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from helpers.daemon.real_daemon import wait_until

ASK = """\
import json, os, sys, urllib.error, urllib.request
def ask(model="chain", path="/chat/completions", **asked):
    asked = asked or {"max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
    body = {"model": model, **asked}
    headers = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
    headers["Content-Type"] = "application/json"
    url = os.environ["OPENAI_BASE_URL"] + path
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.loads(response.read())["model"]
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)
"""


@pytest.fixture
def tool(world):
    """Make a tool of this name that runs a program of Python, with `ask`."""

    def make(name: str, code: str) -> str:
        path = world.root / name
        path.write_text(f"#!{sys.executable}\n{ASK}\n{code}\n")
        path.chmod(0o755)
        return str(path)

    return make


def test_a_tool_is_answered_and_seen_by_its_name(world, tool):
    """Its token is dead when it has ended, and the port is closed."""
    code = "print(json.dumps([ask(), os.environ['OPENAI_API_KEY'], os.environ['AIRCHER_URL']]))"
    done = world.cli("run", "--project", "acme", "--", tool("first-tool", code))
    assert (done.returncode, done.stderr) == (0, "")
    answer, token, url = json.loads(done.stdout)
    assert answer == [200, "gpt-5.5"]
    assert world.usage()["first-tool"] == 1
    assert world.chat(token)[0] == 401
    wait_until(lambda: not is_open(url), "the port is closed")


def is_open(url: str) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


def test_an_editor_speaks_to_the_tool_alone(world):
    """Any bytes, in both directions: nothing of ours is among them; its end is the tool's end."""
    sent = bytes(range(256)) * 4096
    done = subprocess.run(
        [world.python, "-m", "aircher_cli", "run", "--", "cat"],
        env=world.environ,
        input=sent,
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == sent


def test_a_model_for_a_run_answers_every_name(world, tool):
    """Without one, an unknown name is an error of the API."""
    code = "print(json.dumps([ask('claude-haiku-4-5'), ask('chain')]))"
    program = tool("names", code)
    assert json.loads(world.cli("run", "-m", "chain", "--", program).stdout) == [
        [200, "gpt-5.5"],
        [200, "gpt-5.5"],
    ]
    code = "print(ask('work/text-embedding-3-small', '/embeddings', input='x'))"
    done = world.cli("run", "-m", "chain", "--", tool("embeds", code))
    assert done.stdout == "(200, 'text-embedding-3-small')\n"
    assert (
        json.loads(world.cli("run", "--", tool("names2", "print(ask('nothing')[0])")).stdout) == 404
    )


def test_the_same_token_works_after_a_restart_of_the_daemon(world, tool):
    """On the same port: the tool notices nothing but a failed request, if it asks meanwhile."""
    code = "print(ask(), flush=True)\nsys.stdin.readline()\nprint(ask(), flush=True)"
    process = world.popen("run", "--", tool("patient", code), stdin=-1)
    assert process.stdout.readline() == "(200, 'gpt-5.5')\n"
    world.restart()
    wait_until(lambda: running(world) == ["patient"], "the token is open again")
    process.stdin.write("\n")
    process.stdin.close()
    assert process.stdout.readline() == "(200, 'gpt-5.5')\n"
    assert process.wait(20) == 0
    assert process.stderr.read() == ""


def running(world):
    with world.client() as client:
        return [row["name"] for row in client.call("token.list")["running"]]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_token_ends_with_run_however_that_ends(world, tool, number):
    """After SIGTERM the tool has ended, too; a killed `run` cannot end it."""
    code = (
        "import time\nprint(os.environ['AIRCHER_TOKEN'], os.getpid(), flush=True)\ntime.sleep(60)"
    )
    process = world.popen("run", "--", tool("ended", code), start_new_session=True)
    token, pid = process.stdout.readline().split()
    assert world.chat(token)[0] == 200
    process.send_signal(number)
    process.wait(20)
    try:
        wait_until(lambda: world.chat(token)[0] == 401, "the token is dead")
        assert running(world) == []
    finally:
        if number == signal.SIGKILL:
            os.kill(int(pid), signal.SIGKILL)


def test_the_tool_that_is_killed_takes_its_token_with_it(world, tool):
    """As any other end."""
    code = "print(os.environ['AIRCHER_TOKEN'], flush=True)\nos.kill(os.getpid(), 9)"
    done = world.cli("run", "--", tool("killed", code))
    assert done.returncode == 137
    assert world.chat(done.stdout.strip())[0] == 401


def test_the_audit_log_has_each_run(world, tool):
    """With the name of the tool, and no token."""
    world.cli("run", "--", tool("audited", "pass"))
    rows = json.loads(world.cli("audit", "--kind", "token_open", "--json").stdout)["rows"]
    assert "audited" in [row["name"] for row in rows]


def test_a_client_with_fewer_rights_opens_no_token(world, tool):
    """It could take a name with more."""
    config = world.config_file.read_text()
    world.write_config(f'{config}\n[clients.aircher-cli]\nallow = ["chat", "read"]\n')
    try:
        wait_until(lambda: "may not call" in world.cli("run", "--", "true").stderr, "it is refused")
        refused = world.cli("token", "create", "sly")
        assert "may not call token.create" in refused.stderr
    finally:
        world.write_config(config)
        wait_until(lambda: world.cli("run", "--", "true").returncode == 0, "it may again")
