"""Reads a request for embeddings, which only providers of this API answer."""

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.openai_chat.body import read_embeddings_body
from aircherd.http_api.dialects.openai_chat.request import passed_headers
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.verbatim import VerbatimRequest

_WORD = "text"
"""Stands for a token: the estimate of a text of them is about their number."""


def read_embeddings(call: ApiCall) -> ChatRead:
    """Read a request for embeddings; see `Dialect`.

    Raises:
        RequestProblem: it is no JSON, or has no input or no model.
    """
    body = read_embeddings_body(call.body)
    if not body.model:
        raise invalid("model: is missing: name an alias, or provider/model", "model")
    text = _text(body.input)
    if not text.strip():
        raise invalid("input: is empty", "input")
    chat = ChatRequest(messages=[Message("user", text)], model=body.model, stream=False)
    verbatim = VerbatimRequest(
        dialect="openai_chat",
        operation="embeddings",
        body=call.body,
        headers=passed_headers(call),
        query=call.raw_query,
        unsaid="embeddings",
    )
    return ChatRead(chat=chat, verbatim=verbatim)


def _text(given: str | list[str | int | list[int]]) -> str:
    """Return the input as one text; of tokens, one that is about as long."""
    return given if isinstance(given, str) else "\n".join(_piece(each) for each in given)


def _piece(given: str | int | list[int]) -> str:
    if isinstance(given, str):
        return given
    return _WORD if isinstance(given, int) else _WORD * len(given)
