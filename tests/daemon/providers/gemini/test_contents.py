"""Conversations as Gemini's `contents`."""

import msgspec
import pytest

from aircherd.providers.codec.turns import turns
from aircherd.providers.gemini.contents import TAKES, UNSIGNED, write_contents, write_system
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import a_request, failure_of

NEW, OLD = "gemini-3.8-flash", "gemini-2.5-flash"
PNG = {"type": "image", "media_type": "image/png", "data": "iVBORw0KGgo="}
SENT_PNG = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": '{"a":1}'}
RESULT = {"type": "tool_result", "id": "c1", "content": "one"}
SENT_CALL = {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}}
UNSIGNED_CALL = SENT_CALL | {"thoughtSignature": UNSIGNED}

Part = dict[str, object]


def text(value: str, **fields: object) -> Part:
    return {"type": "text", "text": value, **fields}


def user(*content: object) -> Part:
    return {"role": "user", "content": list(content)}


def assistant(*content: object) -> Part:
    return {"role": "assistant", "content": list(content)}


def said(value: str) -> Part:
    return {"text": value}


def sent(role: str, *parts: Part) -> Part:
    return {"role": role, "parts": list(parts)}


def answer(output: str = "one", **fields: object) -> Part:
    response = {"id": "c1", "name": "f", "response": {"output": output}, **fields}
    return {"functionResponse": response}


def written(*messages: Part, model: str = NEW) -> list[Part]:
    return write_contents(turns(a_request(*messages).messages, TAKES), model)


@pytest.mark.parametrize(
    ("messages", "contents"),
    [
        ([user(text("a"))], [sent("user", said("a"))]),
        # neighbours of one role are merged, also with an empty message between them
        (
            [user(text("a")), assistant(text("")), user(text("b"))],
            [sent("user", said("a"), said("b"))],
        ),
        ([user(text(""), text("a"))], [sent("user", said("a"))]),
        (
            [user(text("a")), assistant(text("b")), assistant(CALL)],
            [sent("user", said("a")), sent("model", said("b"), UNSIGNED_CALL)],
        ),
        # results come first, also those of a later message
        (
            [assistant(CALL), user(text("a")), user(RESULT)],
            [sent("model", UNSIGNED_CALL), sent("user", answer(), said("a"))],
        ),
        # system messages do not separate their neighbours
        (
            [user(text("a")), {"role": "system", "content": "s"}, user(text("b"))],
            [sent("user", said("a"), said("b"))],
        ),
        ([user(PNG, text("what?"))], [sent("user", SENT_PNG, said("what?"))]),
        # no arguments are an empty object
        (
            [assistant(CALL | {"arguments": ""})],
            [
                sent(
                    "model",
                    {
                        "functionCall": {"id": "c1", "name": "f", "args": {}},
                        "thoughtSignature": UNSIGNED,
                    },
                )
            ],
        ),
    ],
)
def test_contents(messages: list[Part], contents: list[Part]) -> None:
    """Each kind of conversation is translated."""
    assert contents == written(*messages)


@pytest.mark.parametrize(
    ("result", "response"),
    [
        ({"content": "one"}, {"output": "one"}),
        ({"content": ""}, {"output": ""}),
        ({"content": '{"a":1}'}, {"output": '{"a":1}'}),
        ({"content": [text("1"), text("2")]}, {"output": "1\n2"}),
        ({"is_error": True}, {"error": "one"}),
    ],
)
def test_tool_results_are_objects(result: Part, response: Part) -> None:
    """A result has the key `output`, or `error` if the tool failed."""
    contents = written(assistant(CALL), user(RESULT | result))
    assert [answer(response=response)] == contents[1]["parts"]


def test_signed_parts_go_back_as_they_were() -> None:
    """A signed piece of a text is a part of its own again; other parts keep their signatures."""
    contents = written(
        assistant(
            {"type": "reasoning", "text": "hm", "origin": "gemini/x"},
            text("Hello", signature="2:T", origin="gemini/x"),
            {"type": "reasoning", "text": "so", "signature": "2:R", "origin": "gemini/x"},
            text("Bye", signature="0:E", origin="gemini/x"),
            CALL | {"signature": "C", "origin": "gemini/x"},
            CALL | {"id": "c2"},
        )
    )
    second = {"functionCall": {"id": "c2", "name": "f", "args": {"a": 1}}}
    assert contents[0]["parts"] == [
        {"text": "hm", "thought": True},
        said("Hel"),
        {"text": "lo", "thoughtSignature": "T"},
        {"text": "so", "thought": True, "thoughtSignature": "R"},
        said("Bye"),
        {"text": "", "thoughtSignature": "E"},
        SENT_CALL | {"thoughtSignature": "C"},
        second,
    ]


def test_foreign_calls_are_marked_for_new_models_only() -> None:
    """The first unsigned call of each step gets Google's substitute; older models need none."""
    steps = (user(text("a")), assistant(CALL), user(RESULT), assistant(CALL), user(RESULT))
    assert [content["parts"] for content in written(*steps)][1::2] == [[UNSIGNED_CALL]] * 2
    assert written(*steps, model=OLD)[1]["parts"] == [SENT_CALL]


def test_images_in_tool_results() -> None:
    """Gemini 3 takes image data in the result; other images follow as the user's."""
    url = {"type": "image", "url": "https://host/a.jpg"}
    file = {"fileData": {"fileUri": "https://host/a.jpg", "mimeType": "image/jpeg"}}
    intro = said("What the tool f answered with:")
    messages = assistant(CALL), user(RESULT | {"content": [text("one"), PNG, url]})
    assert written(*messages)[1]["parts"] == [answer(parts=[SENT_PNG]), intro, file]
    assert written(*messages, model=OLD)[1]["parts"] == [answer(), intro, SENT_PNG, file]


PDF = {"type": "document", "media_type": "application/pdf", "data": "JVBERi0=", "name": "a.pdf"}
SENT_PDF = {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}}
NOTES = {"type": "document", "media_type": "text/plain", "data": "aGk=", "name": "n.txt"}
ORIGIN = {"origin": "gemini/x"}


def test_documents_in_tool_results() -> None:
    """A PDF goes as a picture does; a text file becomes text."""
    messages = assistant(CALL), user(RESULT | {"content": [text("one"), PDF, NOTES]})
    output = "one\na.pdf\nn.txt:\nhi"
    intro = said("What the tool f answered with:")
    assert written(*messages)[1]["parts"] == [answer(output, parts=[SENT_PDF])]
    assert written(*messages, model=OLD)[1]["parts"] == [
        answer(output),
        intro,
        SENT_PDF,
    ]


def other(kind: str, data: str) -> Part:
    return {"type": "other", "kind": kind, "data": data, **ORIGIN}


def test_others_go_back_in_their_places() -> None:
    """Parts of the vendor go back as they came, with all digits; what is no part does not."""
    code = '{"executableCode":{"code":"1"},"thoughtSignature":"S"}'
    result = '{"codeExecutionResult":{"output":"1.50","n":1.50}}'
    contents = written(
        assistant(
            other("executableCode", code),
            other("codeExecutionResult", result),
            text("so"),
            other("groundingMetadata", '{"webSearchQueries":["x"]}'),
            other("candidate", '[{"index":1}]'),
            other("x", "{"),
            other("x", "5"),
        )
    )
    parts = f'[{code},{result},{{"text":"so"}}]'.encode()
    assert msgspec.json.encode(contents[0]["parts"]) == parts


def test_the_answer_of_a_hosted_tool_needs_its_call() -> None:
    """Google refuses an answer alone, which is what a changed call leaves behind."""
    call = '{"toolCall":{"id":"t1","toolType":"GOOGLE_SEARCH_WEB"}}'
    answers = [f'{{"toolResponse":{{"id":"{each}"}}}}' for each in ("t1", "t2")]
    contents = written(
        assistant(
            other("toolCall", call),
            *(other("toolResponse", each) for each in answers),
            other("codeExecutionResult", '{"codeExecutionResult":{"output":"1"}}'),
        )
    )
    assert msgspec.json.encode(contents[0]["parts"]) == f"[{call},{answers[0]}]".encode()


WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQIAAAAAAA=="
SOUND = {"type": "audio", "media_type": "audio/wav", "data": WAV}
SENT_SOUND = {"inlineData": {"mimeType": "audio/wav", "data": WAV}}


@pytest.mark.parametrize(
    ("part", "sent_parts"),
    [
        (PNG | ORIGIN | {"signature": "S"}, SENT_PNG | {"thoughtSignature": "S"}),
        # made by another provider's model
        (PNG, SENT_PNG | {"thoughtSignature": UNSIGNED}),
        (SOUND | ORIGIN | {"signature": "S"}, SENT_SOUND | {"thoughtSignature": "S"}),
        (SOUND | {"transcript": "hi"}, said("hi")),
        (
            {"type": "audio", "media_type": "audio/L16;rate=24000", "data": "AAAA"} | ORIGIN,
            {
                "inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AAAA"},
                "thoughtSignature": UNSIGNED,
            },
        ),
    ],
)
def test_what_a_model_made(part: Part, sent_parts: Part) -> None:
    """Pictures and sound stay in the model's turn, with their signatures."""
    assert written(assistant(part))[0] == sent("model", sent_parts)
    assert "thoughtSignature" not in written(user(SOUND))[0]["parts"][0]


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([user(RESULT)], "messages[0]: tool_result 'c1' answers no tool call before it"),
        ([user(RESULT), assistant(CALL)], "messages[0]: tool_result 'c1'"),
        ([user(text(""))], "messages: all of them are empty"),
        ([{"role": "system", "content": "s"}], "messages: all of them are empty"),
    ],
)
def test_invalid_messages_name_their_position(messages: list[Part], message: str) -> None:
    """A conversation that no API takes is a bad request, and the position is named."""
    failure = failure_of(lambda: written(*messages))
    assert failure.kind is FailureClass.BAD_REQUEST
    assert message in failure.message


def test_system_messages_move_up() -> None:
    """They join the request's system prompt, in order; an empty prompt is left out."""
    request = a_request(user(text("a")), {"role": "system", "content": "two"})
    ordered = turns(request.messages, TAKES)
    assert write_system("one", ordered) == {"parts": [said("one\n\ntwo")]}
    assert write_system(" ", ordered[:1]) is None
