"""Replies as events and results, and calls as a dialect gets them."""

from collections.abc import Callable

import msgspec
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import Answering, ChatRead, Dialect
from aircherd.http_api.problem import Problem, RequestProblem
from aircherd.vocabulary.attempt import Attempt, ChatResult
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.reply import Ending, ReplyEvent, Usage

ANSWERING = Answering("anthropic", "claude-sonnet-5")
ORIGIN = "anthropic/claude-sonnet-5"
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGAAAAAFAAHvzgVjAAAAAElFTkSuQmCC"
)
"""A picture in base64."""
USAGE = Usage(input_tokens=10, output_tokens=5, cached_tokens=3, reasoning_tokens=2)


def any_json(names: list[str]) -> st.SearchStrategy[object]:
    """Return values of any form, with these names in maps."""
    leaves = st.none() | st.booleans() | st.integers(-1, 3) | st.floats(0, 1) | st.text(max_size=3)
    known = st.sampled_from(["user", "model", "tool", "assistant", "f", "json", PIXEL, "image/png"])
    return st.recursive(
        leaves | known,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=4)
        ),
        max_leaves=14,
    )


def is_read_or_refused(read: Callable[[ApiCall], ChatRead], path: str, body: object) -> bool:
    """Return whether a body of any form is read, or refused as what the client did wrong."""
    try:
        read(a_call(path, body))
    except RequestProblem as refused:
        return refused.problem.status == 400
    return True


def a_call(path: str, body: object, **fields: object) -> ApiCall:
    """Return a POST; the model of a path like Google's is matched as the router does it."""
    params = {}
    if "/models/" in path:
        params = {"model": path.partition("/models/")[2].rpartition(":")[0]}
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    call = ApiCall(method="POST", path=path, params=params, body=data)
    return msgspec.structs.replace(call, **fields)


def a_result(events: list[ReplyEvent], usage: Usage | None = USAGE) -> ChatResult:
    """Return the result of a reply with these events, of which the last is its ending."""
    ending = events[-1]
    assert isinstance(ending, Ending)
    reply = Reply()
    reply.add(events)
    attempt = Attempt(provider=ANSWERING.provider, model=ANSWERING.model, outcome="ok", ms=1500)
    return ChatResult(
        message=reply.message(ORIGIN),
        finish=ending.finish,
        usage=usage,
        cost=None,
        provider=ANSWERING.provider,
        model=ANSWERING.model,
        attempts=[attempt],
        skipped=[],
    )


def streamed(
    dialect: Dialect, read: ChatRead, events: list[ReplyEvent], *, at_once: int = 1
) -> bytes:
    """Return the stream of a translated reply, with so many events in each read."""
    writer = dialect.stream_writer(read)
    pieces = [
        writer.write(events[number : number + at_once], ANSWERING)
        for number in range(0, len(events), at_once)
    ]
    return b"".join(pieces) + writer.end(a_result(events))


def problem_of(dialect: Dialect, call: ApiCall) -> Problem:
    """Return why a chat is refused."""
    try:
        read = dialect.read_chat(call)
    except RequestProblem as refused:
        return refused.problem
    raise AssertionError(f"it was read: {read}")


def set_fields(chat: ChatRequest) -> dict[str, object]:
    """Return the fields of a request that are not as they are by default."""
    defaults = ChatRequest(messages=[])
    return {
        name: value
        for name in chat.__struct_fields__
        if (value := getattr(chat, name)) != getattr(defaults, name)
    }
