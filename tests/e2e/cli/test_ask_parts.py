"""Files, images, tools, schemas and thinking, from the command line to the provider and back."""

import json
from base64 import b64encode

import pytest

KEY = "canary-work-0123456789abcdef"
SPARE_KEY = "canary-spare-0123456789abcdef"

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0"
TOOL = {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}
SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}
MODELS = ("work/gpt-5.5", "spare/claude-sonnet-5")


@pytest.fixture
def signed_in(daemon):
    """A daemon with both keys."""
    daemon.login("work", KEY)
    daemon.login("spare", SPARE_KEY)
    return daemon


@pytest.mark.parametrize("model", MODELS)
def test_a_file_and_an_image_reach_the_model(signed_in, sim, model):
    """The text is in the prompt, the image in the vendor's format."""
    (signed_in.root / "note.md").write_text("buy milk\n")
    (signed_in.root / "photo").write_bytes(PNG)
    files = ("-f", str(signed_in.root / "note.md"), "-f", str(signed_in.root / "photo"))
    done = signed_in.cli("ask", "-m", model, *files, "what do you see?")
    assert (done.returncode, done.stdout) == (0, "I see 1: image/png\n"), done.stderr
    sent = json.dumps(sim.requests[-1].json)
    assert "buy milk" in sent
    assert b64encode(PNG).decode() in sent


@pytest.mark.parametrize("model", MODELS)
def test_an_image_by_url(signed_in, model):
    """The provider gets the URL."""
    url = "https://example.org/cat.png"
    done = signed_in.cli("ask", "-m", model, "-f", url, "what do you see?")
    assert (done.returncode, done.stdout) == (0, f"I see 1: {url}\n"), done.stderr


@pytest.mark.parametrize("model", MODELS)
def test_a_conversation_with_a_tool(signed_in, model):
    """The call is a line of JSON; with its result the conversation continues."""
    (signed_in.root / "tools.json").write_text(json.dumps([TOOL]))
    tools = ("--tools", str(signed_in.root / "tools.json"))
    prompt = 'call look {"at": "sky"}'
    done = signed_in.cli("ask", "-m", model, *tools, prompt)
    assert done.returncode == 0, done.stderr
    assert json.loads(json.loads(done.stdout)["tool_call"]["arguments"]) == {"at": "sky"}

    reply = json.loads(signed_in.cli("ask", "-m", model, *tools, "--json", prompt).stdout)
    [call] = reply["tool_calls"]
    result = {"type": "tool_result", "id": call["id"], "content": "blue"}
    conversation = [
        {"role": "user", "content": prompt},
        reply["message"],
        {"role": "user", "content": [result]},
    ]
    words = ("ask", "-m", model, *tools, "--messages", "-")
    done = signed_in.cli(*words, stdin=json.dumps(conversation))
    assert (done.returncode, done.stdout) == (0, "The tools answered: blue\n"), done.stderr


@pytest.mark.parametrize("model", MODELS)
def test_a_tool_choice_is_respected(signed_in, model):
    """`--tool-choice NAME`, and `none`."""
    words = ("ask", "-m", model, "--tools", json.dumps([TOOL]), "--tool-choice")
    done = signed_in.cli(*words, "look", "hello")
    assert json.loads(done.stdout)["tool_call"]["name"] == "look", done.stderr
    assert signed_in.cli(*words, "none", "hello").stdout == "hello\n"


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_matches_a_schema(signed_in, model):
    """Standard output has the JSON and nothing else."""
    done = signed_in.cli("ask", "-m", model, "--schema", json.dumps(SCHEMA), "hello")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"word": "hello"}), done.stderr


@pytest.mark.parametrize("model", MODELS)
def test_thinking_stays_off_standard_output(signed_in, model):
    """It is on standard error on request, and in the message with --json."""
    words = ("ask", "-m", model, "--reasoning", "high", "hello")
    quiet = signed_in.cli(*words)
    assert (quiet.returncode, quiet.stdout) == (0, "hello\n"), quiet.stderr
    assert quiet.stderr == ""
    shown = signed_in.cli(*words, "--show-reasoning")
    assert shown.stdout == "hello\n"
    message = json.loads(signed_in.cli(*words, "--json").stdout)["message"]
    thoughts = [part["text"] for part in message["content"] if part["type"] == "reasoning"]
    assert shown.stderr.strip() == "".join(thoughts)


def test_visible_thinking_is_streamed(signed_in):
    """Before the answer."""
    words = ("ask", "-m", MODELS[1], "--reasoning", "high", "--show-reasoning", "hello")
    assert signed_in.cli(*words).stderr == "Let me think about: hello\n\n"


BROKEN = {
    "no such file": (("-f", "none.txt"), "cannot read none.txt: No such file"),
    "a directory": (("-f", "/"), "cannot read /: it is a directory"),
    "empty": (("-f", "/dev/null"), "/dev/null is empty"),
    "binary": (("-f", "/bin/sh"), "/bin/sh cannot be sent: it is neither text, an image, a PDF"),
    "schema": (("--schema", '{"type": "object",}'), "--schema:1:19: not JSON"),
    "no schema": (("--schema", "[]"), "--schema: a JSON Schema must be an object"),
    "tools": (("--tools", "[{}]"), '--tools: tool 1: needs a "name"'),
    "messages": (("--messages", "{}"), "--messages: a conversation must be a list"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bad_input_is_reported_before_anything_is_sent(home, name):
    """The error says what, where and what to do; no daemon is needed."""
    words, expected = BROKEN[name]
    done = home.cli("ask", *words, "hello")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"aircher-cli: {expected}")


def test_the_daemon_names_an_invalid_part(signed_in):
    """The error has its path in the request."""
    messages = [{"role": "user", "content": [{"type": "image", "url": "ftp://x"}]}]
    done = signed_in.cli("ask", "-m", "work/m", "--messages", json.dumps(messages))
    assert (done.returncode, done.stdout) == (1, "")
    assert "messages[0].content[0]" in done.stderr
