"""The contract end to end: `aircher-cli ask`, one daemon, and each of the seven APIs.

What an API lacks is refused with the message in `helpers.providers.contract_apis`, on stderr.
"""

import json
from base64 import b64decode

import pytest

from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator as open_simulator
from helpers.providers.contract import PNG
from helpers.providers.contract_apis import APIS
from helpers.providers.talking import SCHEMA

KEY = "canary-work-0123456789abcdef"
CONFIG = """\
[providers.openai]
base_url = "{url}/openai/v1"
env = "OPENAI_API_KEY"

[providers.responses]
kind = "openai"
api = "responses"
base_url = "{url}/openai/v1"
env = "OPENAI_API_KEY"

[providers.anthropic]
base_url = "{url}/anthropic"
env = "ANTHROPIC_API_KEY"

[providers.gemini]
base_url = "{url}/gemini/v1beta"
env = "GEMINI_API_KEY"

[providers.openrouter]
base_url = "{url}/openrouter/api/v1"
env = "OPENROUTER_API_KEY"

[providers.ollama]
base_url = "{url}/ollama"

# Ollama's OpenAI-compatible API, as any such server.
[providers.compatible]
kind = "openai"
base_url = "{url}/ollama/v1"
auth = "none"
"""
NAMES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY")
TOOLS = '[{"name":"look","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}]'
SILENT = ("openai", "compatible")
"""Who tells nothing of a model's thinking: OpenAI never, the other here."""


@pytest.fixture(scope="module")
def running():
    """A daemon with all seven APIs, its keys in its environment, and the simulator."""
    with open_simulator() as sim, open_home(dict.fromkeys(NAMES, KEY)) as made:
        for vendor in ("openai", "anthropic", "gemini", "openrouter"):
            sim.keys.accept(vendor, KEY)
        made.write_config(CONFIG.format(url=sim.url))
        made.start()
        (made.root / "photo.png").write_bytes(b64decode(PNG))
        yield made


@pytest.fixture(params=APIS)
def ask(running, request):
    """Ask this API with the command line, and return the finished process."""
    model = f"{request.param}/{APIS[request.param].model}"

    def run(*arguments, **options):
        return running.cli("ask", "-m", model, *arguments, **options)

    run.api = APIS[request.param]
    return run


def answered(done):
    """Return the output of a successful process."""
    assert done.returncode == 0, done.stderr
    return done.stdout


def served_or_refused(ask, ability, done):
    """Return whether it succeeded; if the API lacks this, check the message."""
    lack = ask.api.lacks.get(ability)
    if lack is None:
        return True
    assert (done.returncode, done.stdout) == (1, "")
    assert lack in done.stderr
    return False


@pytest.mark.parametrize("options", [(), ("--no-stream",)])
def test_text(ask, options):
    """Streamed and whole, with nothing on stderr."""
    done = ask(*options, "-s", "be brief", "one two three")
    assert (answered(done), done.stderr) == ("one two three\n", "")


def test_usage(ask):
    """`-u` shows tokens and cost; --json has them for programs."""
    done = ask("-u", "one two three")
    assert answered(done) == "one two three\n"
    assert done.stderr.startswith("3 tokens in, 3 out, ")
    usage = json.loads(answered(ask("--json", "one two three")))["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (3, 3)


def test_tools(ask):
    """The call is printed; with its result the conversation continues."""
    question = 'call look {"at": "sky"}'
    call = json.loads(answered(ask("--tools", TOOLS, question)))["tool_call"]
    assert (call["name"], json.loads(call["arguments"])) == ("look", {"at": "sky"})
    answer = json.loads(answered(ask("--tools", TOOLS, "--json", question)))
    [made] = answer["tool_calls"]
    result = {"type": "tool_result", "id": made["id"], "content": "blue"}
    conversation = [
        {"role": "user", "content": question},
        answer["message"],
        {"role": "user", "content": [result]},
    ]
    done = ask("--tools", TOOLS, "--messages", "-", stdin=json.dumps(conversation))
    assert answered(done) == "The tools answered: blue\n"


def test_a_forced_tool_call(ask):
    """`--tool-choice required` calls it, or the message says that the vendor cannot."""
    done = ask("--tools", TOOLS, "--tool-choice", "required", "hello")
    if served_or_refused(ask, "forced", done):
        assert json.loads(answered(done))["tool_call"]["name"] == "look"


def test_an_image_file(ask, running):
    """Its bytes reach the model."""
    done = ask("-f", str(running.root / "photo.png"), "what is this?")
    assert answered(done) == "I see 1: image/png\n"


def test_an_image_by_url(ask):
    """The provider fetches it, or the message says that it does not."""
    done = ask("-f", "https://example.org/cat.png", "what is this?")
    if served_or_refused(ask, "url", done):
        assert answered(done) == "I see 1: https://example.org/cat.png\n"


def test_thinking(ask):
    """It is on stderr, the answer on stdout."""
    done = ask("--reasoning", "high", "--show-reasoning", "hello there")
    assert answered(done) == "hello there\n"
    shown = "" if ask.api.name in SILENT else "Let me think about: hello there"
    assert done.stderr.strip() == shown


def test_schema(ask):
    """The output matches, and is nothing else."""
    assert json.loads(answered(ask("--schema", SCHEMA, "hello"))) == {"a": "hello"}


def test_json_without_a_schema(ask):
    """An object, or a message that names the alternative."""
    done = ask("--json-object", "hello")
    if served_or_refused(ask, "json_object", done):
        assert json.loads(answered(done)) == {"answer": "hello"}


def test_stop(ask):
    """The reply ends before the stop text, or the message says that there is none."""
    done = ask("--stop", " three", "one two three")
    if served_or_refused(ask, "stop", done):
        assert answered(done) == "one two\n"


def test_limit(ask):
    """`--max-tokens` ends the reply, and --json says so."""
    answer = json.loads(answered(ask("--json", "--max-tokens", "16", "count 20")))
    assert (answer["text"].split()[-1], answer["finish"]) == ("16", "length")
