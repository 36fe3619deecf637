"""The Responses API over the private socket, as OpenAI's SDK and Codex send and read it."""

import base64
import importlib.resources
import json
from typing import NamedTuple

import httpx2
import jsonschema
import openai
import pytest

from aircherd.testing.simulator import Fault, Simulator
from aircherd.testing.simulator.script import PICTURE
from helpers.daemon.real_daemon import Home, home, simulator, wait_until
from helpers.required import missing

KEY = "canary-responses-0123456789abcdef"
MODELS = {
    "openai": "newer/gpt-5.5",
    "chat": "chat/gpt-5.5",
    "anthropic": "claude/claude-opus-4-8",
    "gemini": "google/gemini-3.8-flash",
    "ollama": "local/qwen3:8b",
}
THINKERS = ["openai", "anthropic", "gemini"]
CONFIG = """\
[providers.newer]
kind = "openai"
api = "responses"
base_url = "{url}/openai/v1"
env = "HTTP_KEY"

[providers.chat]
kind = "openai"
api = "chat"
base_url = "{url}/openai/v1"
env = "HTTP_KEY"

[providers.claude]
kind = "anthropic"
base_url = "{url}/anthropic"
env = "HTTP_KEY"

[providers.google]
kind = "gemini"
base_url = "{url}/gemini/v1beta"
env = "HTTP_KEY"

[providers.local]
kind = "ollama"
base_url = "{url}/ollama"

[models.claude-first]
routes = ["claude/claude-opus-4-8", "newer/gpt-5.5"]

[models.openai-first]
routes = ["newer/gpt-5.5", "claude/claude-opus-4-8"]
"""
LOOK = {
    "type": "function",
    "name": "look",
    "strict": False,
    "parameters": {"type": "object", "properties": {"at": {"type": "string"}}},
}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Edits files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
}
CRM = {"type": "namespace", "name": "crm", "description": "Customers", "tools": [LOOK]}
SEARCH = {"type": "web_search", "external_web_access": False}
CALL = 'say Let me see.; call look {"at": "sea"}'


class Served(NamedTuple):
    """The daemon, its upstream, and clients of its socket."""

    home: Home
    sim: Simulator
    http: httpx2.Client
    client: openai.OpenAI

    def asked(self):
        """Return the chats that providers received."""
        return [each for each in self.sim.requests if each.endpoint == "chat"]

    def post(self, **body):
        """Send a body without an SDK."""
        return self.http.post("/v1/responses", json=body)


@pytest.fixture(scope="module")
def running():
    """One daemon for all tests."""
    with simulator() as sim, home({"HTTP_KEY": KEY}) as made:
        for vendor in ("openai", "anthropic", "gemini"):
            sim.keys.accept(vendor, KEY)
        made.write_config(CONFIG.format(url=sim.url))
        made.start(log_level="info")
        socket = httpx2.HTTPTransport(uds=str(made.socket.with_name("http.sock")))
        with httpx2.Client(transport=socket, base_url="http://localhost", timeout=20) as http:
            client = openai.OpenAI(
                base_url="http://localhost/v1", api_key="none", http_client=http, max_retries=0
            )
            yield Served(made, sim, http, client)


@pytest.fixture
def served(running):
    """The daemon, without what tests before left."""
    running.sim.faults.clear()
    with running.home.client() as client:
        client.call("cooldowns.clear")
    return running


def streamed(client, **fields):
    """Return the response of a stream, as the SDK assembles it."""
    with client.responses.stream(**fields) as stream:
        return stream.get_final_response()


def output_of(response):
    """Return the items of a response as a program appends them to its input."""
    return [item.to_dict(exclude_unset=True) for item in response.output]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_question(served, name, *, stream):
    """The SDK gets the answer, the counts and who answered, on both ways."""
    fields = {"model": MODELS[name], "input": "count 4", "instructions": "Be brief."}
    if stream:
        response = streamed(served.client, **fields)
    else:
        raw = served.client.responses.with_raw_response.create(**fields)
        assert raw.headers["x-aircher-carried"] == (
            "verbatim" if name == "openai" else "translated"
        )
        response = raw.parse()
    assert response.output_text == "1 2 3 4"
    assert response.status == "completed"
    assert response.usage.output_tokens >= 4
    assert response.model.startswith(MODELS[name].partition("/")[2])


@pytest.mark.parametrize("name", ["openai", "chat", "anthropic", "gemini"])
def test_a_picture(served, name):
    """Its bytes reach every provider whose model sees."""
    image = {
        "type": "input_image",
        "image_url": f"data:image/png;base64,{PICTURE}",
        "detail": "auto",
    }
    content = [{"type": "input_text", "text": "What is it?"}, image]
    question = [{"type": "message", "role": "user", "content": content}]
    response = served.client.responses.create(model=MODELS[name], input=question)
    assert "image/png" in response.output_text


@pytest.mark.parametrize("name", THINKERS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_round_of_tools_keeps_the_thinking(served, name, *, stream):
    """The signatures that came with it go back with it, to every vendor."""
    asked = {"model": MODELS[name], "tools": [LOOK], "store": False}
    asked["reasoning"] = {"effort": "high", "summary": "auto"}
    asked["include"] = ["reasoning.encrypted_content"]
    talk = [{"role": "user", "content": CALL}]
    ask = streamed if stream else lambda client, **fields: client.responses.create(**fields)
    response = ask(served.client, input=talk, **asked)
    (call,) = [item for item in response.output if item.type == "function_call"]
    assert response.output_text == "Let me see."
    talk += output_of(response)
    talk.append({"type": "function_call_output", "call_id": call.call_id, "output": "rain"})
    response = ask(served.client, input=talk, **asked)
    assert response.output_text == "The tools answered: rain"
    sent = json.dumps(served.asked()[-1].json)
    proof = {"openai": "encrypted_content", "anthropic": "signature", "gemini": "houghtSignature"}
    assert proof[name] in sent
    assert "air1." not in sent
    # The same conversation goes on with every other model.
    for other in MODELS.values():
        response = served.client.responses.create(
            model=other, input=talk, tools=[LOOK], store=False
        )
        assert response.output_text == "The tools answered: rain"
        assert "air1." not in json.dumps(served.asked()[-1].json)


@pytest.mark.parametrize("name", ["chat", "anthropic", "gemini", "ollama"])
def test_codexs_tools_work_everywhere(served, name):
    """Those in namespaces, and those that take any text."""
    asked = {"model": MODELS[name], "tools": [LOOK, PATCH, CRM, SEARCH], "store": False}
    prompt = 'call apply_patch {"input": "*** Begin\\n+ä"} and call crm__look {"at": "sea"}'
    talk = [{"role": "developer", "content": "You are a coding agent."}]
    talk.append({"role": "user", "content": prompt})
    response = streamed(served.client, input=talk, **asked)
    patch = next(item for item in response.output if item.type == "custom_tool_call")
    look = next(item for item in response.output if item.type == "function_call")
    assert (patch.name, patch.input) == ("apply_patch", "*** Begin\n+ä")
    assert (look.namespace, look.name, json.loads(look.arguments)) == ("crm", "look", {"at": "sea"})
    talk += output_of(response)
    talk.append({"type": "custom_tool_call_output", "call_id": patch.call_id, "output": "done"})
    talk.append({"type": "function_call_output", "call_id": look.call_id, "output": "rain"})
    response = streamed(served.client, input=talk, **asked)
    assert response.output_text == "The tools answered: done | rain"


def said(text, *parts):
    content = [{"type": "input_text", "text": text}, *parts] if parts else text
    return {"type": "message", "role": "user", "content": content}


SEEN = {"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}"}
PDF = base64.b64encode(b"%PDF-1.1\n%%EOF").decode()
PAPER = {
    "type": "input_file",
    "filename": "a.pdf",
    "file_data": f"data:application/pdf;base64,{PDF}",
}


SUITE = {
    "basic": ({"input": [said("Say hello.")]}, "message"),
    "streaming": ({"input": [said("count 5")], "stream": True}, "message"),
    "system": (
        {"input": [{"type": "message", "role": "system", "content": "A pirate."}, said("Hi")]},
        "message",
    ),
    "tool": ({"input": [said(CALL)], "tools": [LOOK]}, "function_call"),
    "tool streaming": ({"input": [said(CALL)], "tools": [LOOK], "stream": True}, "function_call"),
    "thinking": (
        {"input": [said("Hi")], "reasoning": {"effort": "high"}, "stream": True},
        "reasoning",
    ),
    "turns": (
        {
            "input": [
                said("I am Alice."),
                {"type": "message", "role": "assistant", "content": "Hello Alice"},
                said("Who am I?"),
            ]
        },
        "message",
    ),
    "picture": ({"input": [said("What is it?", SEEN)]}, "message"),
    "file": ({"input": [said("Its title?", PAPER)]}, "message"),
    "tool forced": (
        {"input": CALL, "tools": [LOOK], "tool_choice": {"type": "function", "name": "look"}},
        "function_call",
    ),
    "tool answered": (
        {
            "input": [
                said("Look."),
                {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c1", "output": "rain"},
            ],
            "tools": [LOOK],
        },
        "message",
    ),
}
"""The cases of the open compliance suite (openresponses, `compliance-tests.ts`), in our words."""


@pytest.fixture(scope="module")
def fits():
    """Return whether a value fits a schema of the open specification."""
    try:
        folder = importlib.resources.files("openresponses") / "openapi"
    except ModuleNotFoundError:
        missing("the schema of the open Responses specification", "pip install openresponses-py")
    document = json.loads((folder / "2026-04-24.json").read_text())
    components = document["components"]
    names = {
        schema["properties"]["type"]["enum"][0]: name
        for name, schema in components["schemas"].items()
        if name.endswith("StreamingEvent")
    }

    def check(value):
        name = names[value["type"]] if "type" in value else "ResponseResource"
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        errors = jsonschema.Draft202012Validator(schema).iter_errors(value)
        assert [f"{list(error.absolute_path)}: {error.message}" for error in errors] == []

    return check


@pytest.mark.parametrize("case", SUITE)
def test_the_open_compliance_suite(served, fits, case):
    """What is written here has the form of the open specification, event by event."""
    body, kind = SUITE[case]
    answer = served.post(model=MODELS["anthropic"], **body)
    assert answer.status_code == 200, answer.text
    if "stream" in body:
        lines = [line for line in answer.text.split("\n") if line.startswith("data: ")]
        events = [json.loads(line.removeprefix("data: ")) for line in lines]
        for event in events:
            fits(event)
        response = events[-1]["response"]
    else:
        response = answer.json()
    fits(response)
    assert response["status"] == "completed"
    assert kind in [item["type"] for item in response["output"]]


def test_a_body_goes_as_it_came(served):
    """Where the provider has this API, only the model's name is another."""
    fields = {"input": "hi", "store": False, "safety_identifier": "s", "metadata": {"a": "b"}}
    headers = {"x-codex-window-id": "w", "openai-organization": "org-of-the-client"}
    body = {"model": MODELS["openai"], **fields}
    answer = served.http.post("/v1/responses", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    sent = served.asked()[-1]
    assert sent.json == {"model": "gpt-5.5", **fields}
    assert sent.headers["x-codex-window-id"] == "w"
    assert "openai-organization" not in sent.headers


def test_what_cannot_be_said_goes_to_who_understands_it(served):
    """The first model is passed over by name."""
    response = served.client.responses.create(
        model="claude-first", input="count 2", service_tier="priority"
    )
    assert response.output_text == "1 2"
    assert served.asked()[-1].vendor == "openai"
    with pytest.raises(openai.BadRequestError, match='service_tier "priority"'):
        served.client.responses.create(
            model=MODELS["anthropic"], input="hi", service_tier="priority"
        )


def test_another_model_answers_before_the_first_output(served):
    """Across both ways; the stream looks as if nothing had happened."""
    served.sim.faults.add(Fault(kind="error", error="overloaded", vendor="openai"))
    response = streamed(served.client, model="openai-first", input="count 3")
    assert response.output_text == "1 2 3"
    assert response.model == "claude-opus-4-8"


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_a_stream_that_breaks_off_fails(served, name):
    """Codex hears `response.failed`, and stops at its code."""
    served.sim.faults.add(Fault(kind="cut", after=3))
    before = len(served.asked())
    answer = served.post(model=MODELS[name], input="count 9", stream=True)
    assert answer.status_code == 200
    events = [line for line in answer.text.split("\n") if line.startswith("data: ")]
    failed = json.loads(events[-1].removeprefix("data: "))
    assert failed["type"] == "response.failed"
    assert failed["response"]["error"]["code"] == "server_is_overloaded"
    assert len(served.asked()) == before + 1


@pytest.mark.parametrize(
    ("fields", "raised", "code"),
    [
        ({"model": "nothing/like-this"}, openai.NotFoundError, "model_not_found"),
        ({"model": MODELS["anthropic"], "input": 5}, openai.BadRequestError, "invalid_value"),
        ({"model": MODELS["ollama"], "tool_choice": "required"}, openai.BadRequestError, None),
    ],
)
def test_what_is_wrong_is_raised_as_the_sdk_has_it(served, fields, raised, code):
    """Before any provider is asked."""
    before = len(served.asked())
    with pytest.raises(raised) as error:
        served.client.responses.create(**{"input": "hi", "tools": [LOOK], **fields})
    assert error.value.response.headers["x-should-retry"] == "false"
    assert code is None or error.value.code == code
    assert len(served.asked()) == before


@pytest.mark.parametrize(
    ("fault", "status"), [("overloaded", 424), ("rate_limit", 429), ("context", 400)]
)
def test_a_refusal_of_the_provider_has_openais_form(served, fault, status):
    """Of one of another vendor too."""
    served.sim.faults.add(Fault(kind="error", error=fault, vendor="anthropic", times=None))
    answer = served.post(model=MODELS["anthropic"], input="hi", stream=True)
    error = answer.json()["error"]
    assert answer.status_code == status
    assert {"message", "type", "param", "code"} <= set(error)
    assert answer.headers["x-should-retry"] == "false"


def test_tokens_are_counted(served):
    """With tools and instructions."""
    few = served.client.responses.input_tokens.count(model=MODELS["anthropic"], input="hi")
    many = served.client.responses.input_tokens.count(
        model=MODELS["anthropic"], input="hi", tools=[LOOK], instructions="Be brief. " * 50
    )
    assert 0 < few.input_tokens < many.input_tokens


def test_nothing_is_stored(served):
    """What asks for a stored response gets an answer in form."""
    with pytest.raises(openai.NotFoundError, match="send the whole conversation"):
        served.client.responses.retrieve("resp_1")
    with pytest.raises(openai.NotFoundError):
        served.client.responses.delete("resp_1")


def test_codex_gets_its_own_list(served):
    """At the path of all lists."""
    models = served.http.get("/v1/models", params={"client_version": "0.171.0"}).json()["models"]
    assert {"claude-first", "openai-first"} <= {each["slug"] for each in models}


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_a_client_that_leaves_ends_the_call(served, name):
    """On both ways."""
    served.sim.faults.add(Fault(kind="stall", after=2))
    fields = {"model": MODELS[name], "input": "count 9", "stream": True}
    with served.client.responses.create(**fields) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break
    left = served.asked()[-1]
    wait_until(left.disconnected.is_set, "the simulator saw it leave")
