"""The simulated Gemini API, tested with a plain HTTP client."""

import json
from typing import Any

import httpx
import pytest

from aircherd.testing.simulator import Fault, Simulator, open_simulator

KEY = "AIza-made-up-0123456789"
MODEL, OLD = "gemini-3.8-flash", "gemini-2.5-flash"
TOOLS = [{"functionDeclarations": [{"name": name} for name in ("look", "ask")]}]
THINKING = {"thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True}}
CALL = 'call look {"at": "it"}'


@pytest.fixture
async def simulator():
    async with open_simulator(accept={"gemini": KEY}) as simulator:
        yield simulator


def user(*parts: Any) -> dict[str, Any]:
    content = [{"text": part} if isinstance(part, str) else part for part in parts]
    return {"role": "user", "parts": content}


def model(*parts: Any) -> dict[str, Any]:
    return user(*parts) | {"role": "model"}


def answer(call: dict[str, Any], output: str = "one") -> dict[str, Any]:
    content = {key: value for key, value in call.items() if key != "args"}
    return {"functionResponse": {**content, "response": {"output": output}}}


async def post(
    simulator: Simulator,
    *contents: dict[str, Any],
    name: str = MODEL,
    method: str = "generateContent",
    key: str = KEY,
    **body: Any,
) -> httpx.Response:
    url = f"{simulator.base_url('gemini')}/models/{name}:{method}"
    headers = {"x-goog-api-key": key}
    async with httpx.AsyncClient(trust_env=False) as client:
        sent = {"contents": list(contents) or [user("Hello big world")], **body}
        return await client.post(url, json=sent, headers=headers)


async def stream(simulator: Simulator, *contents: dict[str, Any], **more: Any) -> list[Any]:
    method = "streamGenerateContent?alt=sse"
    response = await post(simulator, *contents, method=method, **more)
    assert response.headers["content-type"].startswith("text/event-stream")
    texts = response.text.removesuffix("\n\n").split("\n\n")
    return [json.loads(text.removeprefix("data: ")) for text in texts]


def parts_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    return body["candidates"][0]["content"]["parts"]


async def refusal(simulator: Simulator, *contents: Any, **more: Any) -> str:
    response = await post(simulator, *contents, **more)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, 400)
    assert error["status"] == "INVALID_ARGUMENT"
    return error["message"]


async def test_an_unstreamed_response_has_one_candidate(simulator):
    """Its text is signed; zero counts are left out."""
    body = (await post(simulator)).json()
    (part,) = parts_of(body)
    assert (part["text"], body["candidates"][0]["finishReason"]) == ("Hello big world", "STOP")
    assert part["thoughtSignature"]
    assert body["usageMetadata"] == {
        "promptTokenCount": 3,
        "candidatesTokenCount": 3,
        "totalTokenCount": 6,
    }


async def test_a_stream_consists_of_whole_responses(simulator):
    """One piece each; the last has the finish reason and a signed empty text; no end marker."""
    events = await stream(simulator)
    assert [parts_of(event)[0]["text"] for event in events] == ["Hello", " big", " world", ""]
    assert [event["candidates"][0].get("finishReason") for event in events] == [None] * 3 + ["STOP"]
    assert parts_of(events[-1])[0]["thoughtSignature"]


async def test_without_sse_a_stream_is_a_list(simulator):
    """The same responses as one JSON list."""
    response = await post(simulator, method="streamGenerateContent")
    assert [parts_of(each)[0]["text"] for each in response.json()][:2] == ["Hello", " big"]


async def test_thoughts_are_sent_on_request(simulator):
    """As separate parts, counted separately."""
    events = await stream(simulator, generationConfig=THINKING)
    thoughts = [part["text"] for event in events for part in parts_of(event) if part.get("thought")]
    assert "".join(thoughts) == "Let me think about: Hello big world"
    assert events[-1]["usageMetadata"]["thoughtsTokenCount"] == len(thoughts)
    assert not any(part.get("thought") for part in parts_of((await post(simulator)).json()))


async def test_calls_are_whole_and_the_first_is_signed(simulator):
    """Only the first of several; new models send ids."""
    asked = user(f"say so; {CALL} and ask {{}}")
    events = await stream(simulator, asked, tools=TOOLS)
    parts = [part for event in events for part in parts_of(event)]
    calls = [part for part in parts if "functionCall" in part]
    assert [call["functionCall"]["args"] for call in calls] == [{"at": "it"}, {}]
    assert ["thoughtSignature" in call for call in calls] == [True, False]
    assert calls[0]["functionCall"]["id"]
    old = parts_of((await post(simulator, asked, tools=TOOLS, name=OLD)).json())
    assert "id" not in old[1]["functionCall"]


async def test_a_signed_call_can_be_sent_back(simulator):
    """Unchanged, with its result, it is accepted; so is Google's placeholder signature."""
    asked = user(CALL)
    (call,) = parts_of((await post(simulator, asked, tools=TOOLS)).json())
    answered = user(answer(call["functionCall"]))
    body = (await post(simulator, asked, model(call), answered, tools=TOOLS)).json()
    assert parts_of(body)[0]["text"] == "The tools answered: one"
    stood_in = call | {"thoughtSignature": "skip_thought_signature_validator"}
    again = await post(simulator, asked, model(stood_in), answered, tools=TOOLS)
    assert again.status_code == 200


async def test_an_unsigned_call_is_refused_in_the_current_turn(simulator):
    """By new models only; earlier turns may be unsigned."""
    call = {"functionCall": {"name": "look", "args": {}, "id": "c"}}
    steps = user("a"), model(call), user(answer(call["functionCall"]))
    message = await refusal(simulator, *steps)
    assert "Function call is missing a thought_signature" in message
    assert "`default_api:look` , position 2" in message
    assert (await post(simulator, *steps, model("b"), user("c"))).status_code == 200
    assert (await post(simulator, *steps, name=OLD)).status_code == 200


async def test_a_changed_part_no_longer_has_its_signature(simulator):
    """The signature covers text, arguments and model."""
    (part,) = parts_of((await post(simulator)).json())
    good = await post(simulator, user("a"), model(part), user("b"))
    assert good.status_code == 200
    for changed, name in ((part | {"text": "Hello"}, MODEL), (part, "gemini-3.1-pro-preview")):
        message = await refusal(simulator, user("a"), model(changed), user("b"), name=name)
        assert message == "Corrupted thought signature."


CALLED = {"functionCall": {"name": "look", "id": "c"}, "thoughtSignature": "skip_thought_"}
CALLED["thoughtSignature"] += "signature_validator"
ANSWERED = answer({"name": "look", "id": "c"})


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ([{"role": "user", "parts": []}], "parts must not be empty"),
        ([user("")], "must have one initialized field"),
        ([user({"text": "a", "functionCall": {}})], "must have one initialized field"),
        ([user({"text": "a", "type": "text"})], 'Unknown name "type"'),
        ([{"role": "system", "parts": [{"text": "a"}]}], "valid role"),
        ([user({"inlineData": {"mimeType": "image/gif", "data": "aGk="}})], "image/gif"),
        ([user({"fileData": {"fileUri": "http://h/a"}})], "unsupported file uri"),
        ([model(CALLED)], "function call turn comes immediately after"),
        ([user("a"), model(CALLED), user("b")], "function response turn comes immediately"),
        ([user("a"), model("b"), user(ANSWERED)], "function response turn comes immediately"),
        ([user("a"), model(CALLED), user(ANSWERED, ANSWERED)], "number of function response"),
        (
            [user("a"), model(CALLED), user(answer({"name": "ask", "id": "c"}))],
            "number of function response",
        ),
        ([user("a"), model(CALLED), user(answer({"name": "", "id": "c"}))], "Name cannot be empty"),
        (
            [user("a"), model(CALLED), user({"functionResponse": {"name": "look", "response": 1}})],
            "Invalid value",
        ),
    ],
)
async def test_an_invalid_conversation_is_refused(simulator, contents, words):
    """Each as the real API refuses it."""
    assert words in await refusal(simulator, *contents)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"contents": []}, "contents is not specified"),
        ({"messages": []}, 'Unknown name "messages"'),
        ({"generationConfig": {"stop": []}}, "Unknown name \"stop\" at 'generation_config'"),
        ({"generationConfig": {"temperature": 3}}, "[0.0, 2.0]"),
        ({"generationConfig": {"topP": 3}}, "[0.0, 1.0]"),
        ({"generationConfig": {"maxOutputTokens": 0}}, "must be positive"),
        ({"generationConfig": {"stopSequences": list("123456")}}, "at most 5"),
        ({"generationConfig": {"responseJsonSchema": {}}}, "mime type"),
        ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "MINIMAL"}}}, "MINIMAL"),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}, "Budget 0"),
        (
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}},
            "only set only one",
        ),
        ({"tools": [{"functionDeclarations": [{"name": "1 x"}]}]}, "Invalid function name"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "without function_declar"),
        (
            {
                "tools": TOOLS,
                "toolConfig": {"functionCallingConfig": {"allowedFunctionNames": ["look"]}},
            },
            "mode ANY",
        ),
    ],
)
async def test_an_invalid_option_is_refused(simulator, body, words):
    """Each as the real API refuses it."""
    assert words in await refusal(simulator, **body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"generationConfig": THINKING}, "Thinking level is not supported"),
        (
            {"tools": TOOLS, "generationConfig": {"responseMimeType": "application/json"}},
            "Function calling with a response mime type",
        ),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 40_000}}}, "is invalid"),
    ],
)
async def test_older_models_refuse_newer_options(simulator, body, words):
    """Thinking levels, and tools together with JSON, came with Gemini 3."""
    assert words in await refusal(simulator, name=OLD, **body)


async def test_images_and_json(simulator):
    """Images are read by type or URL; JSON matches its schema."""
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    file = {"fileData": {"fileUri": "https://h/a.png"}}
    seen = (await post(simulator, user("what?", picture, file))).json()
    assert parts_of(seen)[0]["text"] == "I see 2: image/png, https://h/a.png"
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    config = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    body = (await post(simulator, user("four"), generationConfig=config)).json()
    assert json.loads(parts_of(body)[0]["text"]) == {"n": 4}


SHOWN = {"toolConfig": {"includeServerSideToolInvocations": True}}
SEARCH = {"tools": [{"googleSearch": {}}]}


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_search_has_its_steps_and_sources(simulator, streamed):
    """The steps only if they are switched on; they must go back as they came, and together."""
    asked = user("search foxes")
    if streamed:
        events = await stream(simulator, asked, **SEARCH, **SHOWN)
        parts, last = [part for event in events for part in parts_of(event)], events[-1]
    else:
        last = (await post(simulator, asked, **SEARCH, **SHOWN)).json()
        parts = parts_of(last)
    call, result = parts[:2]
    assert call["toolCall"]["id"] == result["toolResponse"]["id"]
    grounding = last["candidates"][0]["groundingMetadata"]
    assert grounding["groundingChunks"][0]["web"]["uri"] == "https://example.com/found"
    steps = asked, model(call, result, "x"), user("b")
    assert (await post(simulator, *steps, **SEARCH, **SHOWN)).status_code == 200
    changed = call | {"toolCall": call["toolCall"] | {"args": {}}}
    for broken in (model(changed, result, "x"), model(result, "x")):
        await refusal(simulator, asked, broken, user("b"), **SEARCH, **SHOWN)
    assert "not enabled" in await refusal(simulator, *steps, **SEARCH)
    hidden = parts_of((await post(simulator, asked, **SEARCH)).json())
    assert [part["text"] for part in hidden] == ["Found: foxes"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"tools": [*TOOLS, {"googleSearch": {}}]}, "include_server_side_tool_invocations"),
        ({"tools": [{"google_search": {"excludeDomains": ["a.com"]}}]}, "Unknown name"),
        ({"tools": [{"fileSearch": {}}]}, "store names"),
        ({"tools": [{"webSearch": {}}]}, 'Unknown name "webSearch"'),
        ({"name": OLD, "tools": [*TOOLS, {"codeExecution": {}}]}, "is unsupported"),
        ({"name": OLD, **SEARCH, **SHOWN}, "is not enabled for models/gemini-2.5-flash"),
    ],
)
async def test_hosted_tools_are_checked(simulator, body, words):
    """Each as the real API refuses it."""
    assert words in await refusal(simulator, **body)


async def test_pictures_and_sound_are_made(simulator):
    """In the forms that the request asks for; a picture is signed itself."""
    config = {"responseModalities": ["TEXT", "IMAGE", "AUDIO"]}
    drawn = parts_of((await post(simulator, user("draw it"), generationConfig=config)).json())
    assert [part["inlineData"]["mimeType"] for part in drawn] == ["image/png"]
    again = await post(simulator, user("draw it"), model(*drawn), user("b"))
    assert again.status_code == 200
    events = await stream(simulator, user("speak it"), generationConfig=config)
    spoken = parts_of(events[0])[0]
    assert (spoken["inlineData"]["mimeType"], spoken["audioTranscription"]) == (
        "audio/wav",
        {"text": "it"},
    )


async def test_names_may_be_in_snake_case(simulator):
    """Google's own SDK sends some of them; arguments and results are not changed."""
    call = {"name": "look", "args": {"in_it": 1}, "id": "c"}
    signed = {"function_call": call, "thought_signature": "skip_thought_signature_validator"}
    given = {"function_response": {"name": "look", "response": {"snake_case": 1}}}
    contents = user("a"), model(signed), user(given)
    config = {"max_output_tokens": 50}
    body = (await post(simulator, *contents, generation_config=config)).json()
    assert parts_of(body)[0]["text"] == "The tools answered: {'snake_case': 1}"


async def test_models_come_in_pages(simulator):
    """With limits and methods; names have their prefix."""
    url = simulator.base_url("gemini") + "/models"
    async with httpx.AsyncClient(trust_env=False, headers={"x-goog-api-key": KEY}) as client:
        first = (await client.get(url, params={"pageSize": 1})).json()
        token = {"pageToken": first["nextPageToken"]}
        rest = (await client.get(url, params=token)).json()
    assert first["models"][0]["name"] == f"models/{MODEL}"
    assert first["models"][0]["supportedGenerationMethods"][0] == "generateContent"
    assert len(rest["models"]) == len(simulator.behaviour.models["gemini"]) - 1


async def test_a_refused_key(simulator):
    """A wrong key is an invalid argument with a reason; a missing one is a 403."""
    wrong = await post(simulator, key="AIza-wrong")
    none = await post(simulator, key="")
    assert (wrong.status_code, none.status_code) == (400, 403)
    assert wrong.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    assert "unregistered callers" in none.json()["error"]["message"]


async def test_unknown_models_and_paths(simulator):
    """404 with the model's name, and for unknown methods."""
    simulator.behave(fixed_models=True)
    unknown = await post(simulator, name="gemini-9")
    assert unknown.status_code == 404
    assert "models/gemini-9 is not found" in unknown.json()["error"]["message"]
    assert (await post(simulator, method="predict")).status_code == 404


async def test_a_fault_matches_the_model_in_the_path(simulator):
    """Also with the vendor's prefix."""
    simulator.faults.add(Fault("error", vendor="gemini", model=OLD, error="overloaded", times=None))
    assert (await post(simulator)).status_code == 200
    assert (await post(simulator, name=OLD)).status_code == 503
    async with httpx.AsyncClient(trust_env=False, headers={"x-goog-api-key": KEY}) as client:
        url = f"{simulator.url}/gemini/v1beta/models/{OLD}:generateContent"
        assert (await client.post(url, json={"contents": []})).status_code == 503


async def test_a_blocked_prompt_has_no_candidate(simulator):
    """200 and the reason, as the error `policy`."""
    simulator.faults.add(Fault("error", error="policy"))
    response = await post(simulator)
    assert response.status_code == 200
    assert response.json()["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}
