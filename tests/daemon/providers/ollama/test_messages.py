"""Conversations in the schema of Ollama's own API."""

import pytest

from aircherd.providers.ollama.messages import write_messages
from aircherd.providers.request_fields import JSON_SENTENCE
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import a_request, failure_of

PIXEL = "iVBORw0KGgo="
IMAGE = {"type": "image", "data": PIXEL, "media_type": "image/png"}
WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQIAAAAAAA=="
SOUND = {"type": "audio", "data": WAV, "media_type": "audio/wav"}
NOTES = {"type": "document", "data": "aGk=", "media_type": "text/plain", "name": "n.txt"}
CALL = {"type": "tool_call", "id": "c1", "name": "look", "arguments": '{"at":"sky"}'}
SENT_CALL = {"id": "c1", "function": {"name": "look", "arguments": {"at": "sky"}}}
ASKED = {"role": "assistant", "content": "", "tool_calls": [SENT_CALL]}


def text(value: str) -> dict[str, object]:
    return {"type": "text", "text": value}


def result(content: object, **fields: object) -> dict[str, object]:
    return {"type": "tool_result", "id": "c1", "content": content, **fields}


def answered(content: str) -> dict[str, object]:
    return {"role": "tool", "content": content, "tool_call_id": "c1", "tool_name": "look"}


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        ([("user", [text("a")])], [{"role": "user", "content": "a"}]),
        ([("user", [text("a"), text("b")])], [{"role": "user", "content": "a\n\nb"}]),
        ([("user", [])], [{"role": "user", "content": ""}]),
        ([("system", "s")], [{"role": "system", "content": "s"}]),
        (
            [("user", [text("what is it?"), IMAGE, IMAGE])],
            [{"role": "user", "content": "what is it?", "images": [PIXEL, PIXEL]}],
        ),
        (
            [("user", [text("what?"), SOUND, IMAGE])],
            [{"role": "user", "content": "what?", "images": [WAV, PIXEL]}],
        ),
        # what another provider's model said, and drew
        (
            [("assistant", [SOUND | {"origin": "openai/m", "transcript": "hi"}, IMAGE])],
            [{"role": "assistant", "content": "hi"}],
        ),
        (
            [("user", [NOTES])],
            [{"role": "user", "content": "n.txt:\nhi"}],
        ),
        ([("user", [IMAGE])], [{"role": "user", "content": "", "images": [PIXEL]}]),
        (
            [("assistant", [{"type": "reasoning", "text": "hm "}, text("t"), CALL])],
            [ASKED | {"content": "t", "thinking": "hm "}],
        ),
        (
            [("assistant", [CALL | {"arguments": ""}])],
            [ASKED | {"tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": {}}}]}],
        ),
        (
            [("assistant", [CALL]), ("user", [text("and?"), result("blue")])],
            [ASKED, answered("blue"), {"role": "user", "content": "and?"}],
        ),
        (
            [("assistant", [CALL]), ("user", [result([text("dark")], is_error=True)])],
            [ASKED, answered("Error: dark")],
        ),
        (
            [("user", [result("blue")])],
            [{"role": "tool", "content": "blue", "tool_call_id": "c1"}],
        ),
        (
            [("assistant", [CALL]), ("user", [result([text("see"), IMAGE]), text("so?")])],
            [
                ASKED,
                answered("see\n(Its pictures are in the user's next message.)"),
                {
                    "role": "user",
                    "content": "Pictures from the result of tool call c1:",
                    "images": [PIXEL],
                },
                {"role": "user", "content": "so?"},
            ],
        ),
    ],
)
def test_messages(messages: list[tuple[str, object]], sent: object) -> None:
    """Each kind of message is translated."""
    conversation = [{"role": role, "content": content} for role, content in messages]
    assert sent == write_messages(a_request(*conversation))


def test_system_comes_first() -> None:
    """The request's system prompt is the first message."""
    sent = write_messages(a_request(system="s"))
    assert sent == [{"role": "system", "content": "s"}, {"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("prompt", "system", "sent"),
    [
        ("Hi", None, JSON_SENTENCE),
        ("Hi", "be brief", f"be brief\n\n{JSON_SENTENCE}"),
        ("as Json, please", None, None),
        ("Hi", "answer in JSON", "answer in JSON"),
    ],
)
def test_json_sentence_is_added_unless_json_is_mentioned(
    prompt: str, system: str | None, sent: str | None
) -> None:
    """The model must be asked for JSON in the prompt."""
    user = {"role": "user", "content": prompt}
    request = a_request(user, system=system, response_format={"type": "json_object"})
    prompts = [m["content"] for m in write_messages(request) if m["role"] == "system"]
    assert ([sent] if sent else []) == prompts


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "image", "url": "https://x.example/cat.png"}],
        [result([{"type": "image", "url": "https://x.example/cat.png"}])],
    ],
)
def test_image_urls_are_refused(content: list[dict[str, object]]) -> None:
    """The server fetches nothing; the message says what to do."""
    request = a_request({"role": "user", "content": content})
    failure = failure_of(lambda: write_messages(request))
    assert FailureClass.UNSUPPORTED is failure.kind
    assert "messages[0]: Ollama takes images only as data" in failure.message
    assert "attach the file" in failure.message


def test_broken_arguments_are_kept_as_text() -> None:
    """Arguments are sent as an object, so other JSON is put into one."""
    request = a_request({"role": "assistant", "content": [CALL | {"arguments": "{"}]})
    (message,) = write_messages(request)
    (call,) = message["tool_calls"]  # type: ignore[misc] # a list of dicts
    assert call["function"]["arguments"] == {"arguments": "{"}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            {"type": "audio", "data": "ZkxhQw=="},
            "messages[0]: Ollama takes sound only as WAV or MP3, not audio/flac",
        ),
        (
            {"type": "document", "data": "JVBERi0=", "media_type": "application/pdf"},
            "messages[0]: Ollama does not take a PDF: send its text instead",
        ),
        (
            NOTES | {"citations": True},
            "messages[0]: Ollama cannot cite a document: leave out its citations",
        ),
    ],
)
def test_files_that_are_refused(part: dict[str, object], message: str) -> None:
    """The message names the position, and what to do."""
    request = a_request({"role": "user", "content": [part]})
    failure = failure_of(lambda: write_messages(request))
    assert (failure.kind, failure.message) == (FailureClass.UNSUPPORTED, message)


def test_an_empty_conversation_is_refused() -> None:
    """Without a message the server would load the model and answer nothing."""
    request = a_request(system="s")
    request.messages.clear()
    assert FailureClass.BAD_REQUEST is failure_of(lambda: write_messages(request)).kind
