"""A client's body with the model's name at the provider, and the bytes that are kept for it."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import BadRequest, ProviderFailed
from aircherd.providers.codec.sse import SseDecoder
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.verbatim import VerbatimHead, VerbatimRequest
from helpers.providers.provider_clients import STREAM, WHOLE

HEAD = VerbatimHead("text/event-stream")


def passage_of(body: object = None, dialect: str = "openai_chat") -> Passage:
    data = json.dumps(body or {"model": "mine"}).encode()
    return Passage(VerbatimRequest(dialect=dialect, body=data))


# ------------------------------------------------------------------ there


def test_the_body_has_the_providers_name():
    """Only the name at the top level is replaced."""
    passage = passage_of({"messages": [{"model": "x"}], "model": "mine"})
    assert passage.body_for("gpt/5") == b'{"messages": [{"model": "x"}], "model": "gpt/5"}'


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"contents": []}, {"contents": []}),
        ({"model": "models/a", "content": {}}, {"model": "models/m", "content": {}}),
        (
            {"requests": [{"model": "models/a", "content": {}}, {"content": {}}]},
            {"requests": [{"model": "models/m", "content": {}}, {"content": {}}]},
        ),
        (
            {"generateContentRequest": {"model": "models/a", "contents": []}},
            {"generateContentRequest": {"model": "models/m", "contents": []}},
        ),
    ],
)
def test_gemini_names_the_model_in_the_path(body, sent):
    """Where the body does as well, the name is replaced there."""
    for name in ("m", "models/m"):
        assert json.loads(passage_of(body, "gemini").body_for(name)) == sent


def test_a_body_of_another_form_is_refused():
    """What should be a list of requests is none."""
    with pytest.raises(ProviderFailed) as caught:
        passage_of({"requests": 7}, "gemini").body_for("m")
    assert caught.value.failure.kind is FailureClass.BAD_REQUEST
    with pytest.raises(BadRequest):
        Passage(VerbatimRequest(dialect="openai_chat", body=b"[]"))


# ------------------------------------------------------------------ and back


@given(cuts=st.lists(st.integers(1, len(STREAM) - 1), max_size=8))
def test_pieces_end_with_an_event(cuts):
    """However the bytes arrive; together they are all of them."""
    passage = passage_of()
    passage.begin(OpenAIChat(), HEAD, stream=True).reply_decoder()
    taken = []
    positions = [0, *sorted(set(cuts)), len(STREAM)]
    for start, end in itertools.pairwise(positions):
        passage.note(STREAM[start:end])
        taken.append(passage.take())
    assert b"".join(taken) == STREAM
    assert all(each.endswith(b"\n\n") for each in taken if each)
    assert (passage.size, passage.received) == (0, len(STREAM) + 1)


@pytest.mark.parametrize(
    ("dialect", "data", "complete"),
    [
        ("anthropic", b"a\r\n\r\nb", b"a\r\n\r\n"),
        ("ollama", b'{"a":1}\n{"b"', b'{"a":1}\n'),
        ("gemini", b"data: {", b""),
    ],
)
def test_what_an_event_ends_with(dialect, data, complete):
    """Lines end those of Ollama, empty lines all others; the rest comes with the end."""
    passage = passage_of(dialect=dialect)
    passage.begin(OpenAIChat(), HEAD, stream=True)
    passage.note(data)
    assert passage.take() == complete
    assert passage.size == len(data) - len(complete)
    assert passage.take(whole=True) == data[len(complete) :]


def test_only_the_form_that_was_asked_for_is_passed_on():
    """A stream in the vendor's framing, or a body that is read as it came."""
    passage = passage_of()
    assert not passage.passes_on(stream=True)
    reader = passage.begin(OpenAIChat(), HEAD, stream=True)
    decoder = reader.reply_decoder()
    assert passage.passes_on(stream=True)
    assert not passage.passes_on(stream=False)
    decoder.use_framing(SseDecoder())  # the body had to be split in another way
    assert not passage.passes_on(stream=True)
    reader = passage.begin(OpenAIChat(), HEAD, stream=True)
    reader.reply_decoder()  # it was not used: all of the body is one object
    reader.read_reply(WHOLE)
    assert not passage.passes_on(stream=True)

    reader = passage.begin(OpenAIChat(), HEAD, stream=False)
    reader.read_reply(WHOLE)
    assert passage.passes_on(stream=False)
    assert passage.take_whole() == WHOLE
    reader = passage.begin(OpenAIChat(), HEAD, stream=False)
    with pytest.raises(ProviderFailed):
        reader.read_reply(b'{"data":1}')
    reader.read_reply(WHOLE)  # what was found in it
    assert not passage.passes_on(stream=False)


def test_a_new_call_begins_again():
    """The bytes of a reply that failed are dropped, and a translated one keeps none."""
    passage = passage_of()
    passage.begin(OpenAIChat(), HEAD, stream=True)
    passage.note(b"old\n\n")
    passage.begin_translated()
    passage.note(b"new\n\n")
    assert (passage.size, passage.take()) == (0, b"")
    assert passage.received == 12


def test_a_reply_may_have_to_bear_a_name():
    """In the first piece of each call's reply, and never later."""
    start = b'data: {"type":"message_start","message":{"model":"claude"}}\n\n'
    request = VerbatimRequest(dialect="anthropic", body=b"{}", reply_model="mine")
    passage = Passage(request)
    for _ in range(2):
        passage.begin(OpenAIChat(), HEAD, stream=True)
        passage.note(start[:20])
        assert passage.take() == b""
        passage.note(start[20:] + b"data")
        assert passage.take() == start.replace(b"claude", b"mine")
        passage.note(start)
        assert passage.take(whole=True) == b"data" + start
