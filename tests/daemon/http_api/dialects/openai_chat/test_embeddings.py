import json

import pytest

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.chat import Message


def embed(**fields: object) -> ChatRead:
    body = json.dumps({"model": "small", **fields}).encode()
    return DIALECT.read_embeddings(ApiCall(method="POST", path="/v1/embeddings", body=body))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("Hello", "Hello"),
        (["Hello", "world"], "Hello\nworld"),
        ([1, 2, 3], "text\ntext\ntext"),
        ([[1, 2], [3]], "texttext\ntext"),
    ],
)
def test_inputs(given: object, text: str) -> None:
    """Texts and tokens, one or many; what is read is for the estimate of the tokens."""
    found = embed(input=given, dimensions=256, encoding_format="base64")
    assert found.chat.messages == [Message("user", text)]
    assert (found.chat.model, found.chat.stream) == ("small", False)
    assert found.verbatim.operation == "embeddings"
    assert json.loads(found.verbatim.body)["encoding_format"] == "base64"


@pytest.mark.parametrize("fields", [{}, {"input": ""}, {"input": []}, {"input": 7}, {"input": {}}])
def test_no_input(fields: dict[str, object]) -> None:
    """Without an input there is nothing to do."""
    with pytest.raises(RequestProblem):
        embed(**fields)


def test_no_model() -> None:
    """Which model embeds is for the client to say."""
    with pytest.raises(RequestProblem):
        embed(input="Hello", model=None)
