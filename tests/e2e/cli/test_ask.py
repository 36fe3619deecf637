"""`aircher-cli ask`, from the command line to a provider's API and back."""

import json
import shlex
import shutil
import signal
import subprocess

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.cli import COMMAND
from helpers.daemon.real_daemon import wait_until

KEY = "canary-work-0123456789abcdef"


@pytest.fixture(scope="module")
def signed_in(shared_daemon):
    """The daemon of all tests here but those that need a new home."""
    shared_daemon.login("work", KEY)
    return shared_daemon


@pytest.fixture
def sim(used_sim):
    """Its providers."""
    return used_sim


@pytest.fixture
def daemon(signed_in, used_daemon):
    """It, without what the test before has left."""
    return used_daemon


@pytest.fixture
def new_daemon(home):
    """One of its own, without a key."""
    home.start()
    return home


def test_a_reply_streams_piece_by_piece(daemon, sim):
    """The first word arrives long before the last."""
    sim.faults.add(Fault("stall", after=2))  # until the client leaves
    asked = daemon.popen("ask", "-m", "work/m", "one two three four")
    assert asked.stdout.read(7) == "one two"
    assert asked.poll() is None
    asked.send_signal(signal.SIGINT)
    asked.communicate(timeout=20)


def test_json_is_one_object_with_the_whole_result(daemon):
    """`--json` prints it on one line."""
    answer = json.loads(daemon.cli("ask", "--json", "-m", "work/some-model", "hello you").stdout)
    assert answer["text"] == "hello you"
    assert (answer["provider"], answer["model"], answer["finish"]) == ("work", "some-model", "stop")
    assert answer["usage"]["output_tokens"] == 2
    assert answer["usage"]["input_tokens"] > 0
    assert answer["cost"] is None
    assert [(a["provider"], a["outcome"], a["key"]) for a in answer["attempts"]] == [
        ("work", "ok", "default")
    ]
    assert answer["skipped"] == []


def test_no_stream_requests_an_unstreamed_response(daemon, sim):
    """The provider gets a request without a stream."""
    assert daemon.cli("ask", "--no-stream", "-m", "work/m", "a b c").stdout == "a b c\n"
    assert sim.requests[-1].json.get("stream") in (None, False)


def test_the_prompt_can_come_from_arguments_and_standard_input(daemon, sim):
    """The arguments come first."""
    done = daemon.cli("ask", "-m", "work/m", "-s", "be brief", "sum up:", stdin="some text\n")
    assert done.returncode == 0, done.stderr
    messages = sim.requests[-1].json["messages"]
    assert [m["role"] for m in messages] == ["system", "user"]
    assert "sum up:" in str(messages[1]["content"])
    assert "some text" in str(messages[1]["content"])


def test_invalid_utf8_in_a_prompt_is_replaced(daemon, sim):
    """It is no error: an editor's buffer may contain anything."""
    done = daemon.cli("ask", "-m", "work/m", "caf\udce9 au lait")
    assert done.returncode == 0, done.stderr
    assert "au lait" in str(sim.requests[-1].json["messages"][-1]["content"])


def test_ctrl_c_closes_the_upstream_connection_at_once(daemon, sim):
    """Exit code 130, no traceback, and the provider stops generating."""
    sim.faults.add(Fault("stall", after=1))
    asked = daemon.popen("ask", "-m", "work/m", "one two three")
    assert asked.stdout.read(3) == "one"
    asked.send_signal(signal.SIGINT)
    _, stderr = asked.communicate(timeout=20)
    assert (asked.returncode, "Traceback" in stderr) == (130, False)
    wait_until(sim.requests[-1].disconnected.is_set, "the provider sees its client leave")


def test_a_killed_client_closes_the_upstream_connection_too(daemon, sim):
    """The end of the client's connection cancels the request."""
    sim.faults.add(Fault("stall"))
    asked = daemon.popen("ask", "-m", "work/m", "x")
    wait_until(lambda: any(r.endpoint == "chat" for r in sim.requests), "the chat arrived")
    asked.kill()
    asked.communicate()
    wait_until(sim.requests[-1].disconnected.is_set, "the provider sees its client leave")


def test_a_closed_stdout_pipe_is_no_traceback(daemon, sim):
    """`ask | head -1` ends quietly and closes the upstream connection."""
    sim.behave(delay=0.005)
    asked = daemon.popen("ask", "-m", "work/m", "count 2000")
    asked.stdout.read(4)
    asked.stdout.close()
    stderr = asked.stderr.read()
    asked.wait(timeout=20)
    assert (stderr, asked.returncode) == ("", 141)
    wait_until(sim.requests[-1].disconnected.is_set, "the provider sees its client leave")


def test_a_stream_cut_in_the_middle_shows_the_text_so_far(daemon, sim):
    """The error is `truncated`, the exit code 5."""
    for kind in ("truncate", "cut", "reset"):
        sim.faults.add(Fault(kind, after=2))
        done = daemon.cli("ask", "-m", "work/m", "one two three four")
        assert done.returncode == 5, (kind, done)
        assert done.stdout.strip() == "one two", kind
        assert done.stderr.strip(), kind
    sim.faults.add(Fault("truncate", after=2))
    error = json.loads(daemon.cli("ask", "--json", "-m", "work/m", "one two three").stdout)["error"]
    assert (error["code"], error["data"]["text"]) == ("truncated", "one two")


def test_a_tool_call_reaches_the_client_whole(daemon, sim):
    """In both vendors' formats, and the result is sent back."""
    daemon.login("spare", "canary-spare-0123456789abcdef")
    tool = {"name": "look", "parameters": '{"type":"object","properties":{"at":{"type":"string"}}}'}
    for model in ("work/m", "spare/m"):
        with daemon.client() as client:
            first = {"role": "user", "content": 'call look {"at": "sky"} and look {"at": "sea"}'}
            got = client.chat({"model": model, "messages": [first], "tools": [tool]})
            calls = [part for part in got["message"]["content"] if part["type"] == "tool_call"]
            assert [json.loads(call["arguments"]) for call in calls] == [
                {"at": "sky"},
                {"at": "sea"},
            ]
            assert got["finish"] == "tool_calls"
            results = [
                {"type": "tool_result", "id": call["id"], "content": f"saw {n}"}
                for n, call in enumerate(calls)
            ]
            more = [first, got["message"], {"role": "user", "content": results}]
            got = client.chat({"model": model, "messages": more, "tools": [tool]})
            assert got["message"]["content"][0]["text"] == "The tools answered: saw 0 | saw 1"


def test_without_any_key_the_error_says_what_to_do(new_daemon):
    """Exit code 4 and the command to run."""
    done = new_daemon.cli("ask", "hello")
    assert done.returncode == 4
    assert "auth login" in done.stderr


def test_a_cancelled_chat_leaves_the_connection_usable(daemon, sim):
    """The client's next request is answered."""
    with daemon.client() as client:
        sim.faults.add(Fault("stall", after=1))

        def stop(delta):
            if delta["type"] == "text":
                raise KeyboardInterrupt

        request = {"model": "work/m", "messages": [{"role": "user", "content": "one two"}]}
        with pytest.raises(KeyboardInterrupt):
            client.chat(request, stop)
        assert client.chat(request)["finish"] == "stop"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_loop_of_bash_keeps_its_file(daemon, tmp_path):
    """`ask "$q"` leaves the other lines of the file to the loop, and the loop goes through all."""
    (tmp_path / "questions").write_text("one\ntwo\nthree\n")
    ask = f'ask() {{ {" ".join(map(shlex.quote, COMMAND))} ask -m work/m "$@"; }}; '

    def bash(script):
        return subprocess.run(
            ["bash", "-c", ask + script],
            env=daemon.environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    loop = bash('while read -r q; do ask "$q"; done < questions')
    assert loop.stdout == "one\ntwo\nthree\n"
    assert loop.stderr.count("the rest of standard input is left for the loop") == 2
    assert bash('{ read -r q; ask "$q"; cat; } < questions').stdout == "one\ntwo\nthree\n"
    rest = bash('{ read -r q; ask "$q:" -f -; } < questions').stdout
    assert "two\nthree" in rest
    piped = bash('cat questions | while read -r q; do ask "$q" < /dev/null; done')
    assert (piped.stdout, piped.stderr) == ("one\ntwo\nthree\n", "")
    assert bash('ask "say:" < questions').stdout == "say:\n\none\ntwo\nthree\n"


def test_a_conversation_goes_on_at_the_provider(new_daemon, sim):
    """It gets all that was said, until the configuration says that nothing is kept."""
    new_daemon.login("work", KEY)
    model = ("-m", "work/m")
    assert new_daemon.cli("ask", *model, "-s", "be brief", "green?").stdout == "green?\n"
    done = new_daemon.cli("ask", "-c", "hot?")
    assert (done.stdout, done.stderr) == ("hot?\n", "")
    sent = [(m["role"], str(m["content"])) for m in sim.requests[-1].json["messages"]]
    assert [role for role, _ in sent] == ["system", "user", "assistant", "user"]
    assert ["be brief" in sent[0][1], "green?" in sent[2][1], "hot?" in sent[3][1]] == [True] * 3
    assert new_daemon.cli("config", "set", "conversations.keep", "false").returncode == 0
    assert new_daemon.cli("ask", *model, "secret").returncode == 0
    assert "secret" not in new_daemon.cli("chats", "show").stdout
    found = json.loads(new_daemon.cli("chats", "list", "--json").stdout)["conversations"]
    assert [(each["title"], each["questions"]) for each in found] == [("green?", 2)]
