"""Replies inside of the objects of gateways."""

import pytest

from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.replies.whole_reply import read_json_reply
from aircherd.providers.replies.wrapped_reply import unwrapped
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, TextDelta
from helpers.providers.provider_calls import failure_of

INNER = b'{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}'
EVENTS = [TextDelta("a"), Ending("stop")]


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":%b}' % INNER,
        b'{"success":true,"result":%b,"errors":[]}' % INNER,
        b'{"code":0,"msg":"ok","response":%b}' % INNER,
        b'{"statusCode":200,"body":"%b"}' % INNER.replace(b'"', b'\\"'),
        b"[%b]" % INNER,
        b")]}'\n" + INNER,
        b"```json\n%b\n```" % INNER,
    ],
)
def test_the_reply_of_the_vendor_is_read(body: bytes) -> None:
    """It may stand in a field, in a list, in a text, or after what is not JSON."""
    assert read_json_reply(OpenAIChat(), body) == EVENTS


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b'{"data":{}}', b'{"data":"text"}', b'"a"'])
def test_anything_else_holds_none(body: bytes) -> None:
    """A field without a reply is none."""
    assert unwrapped(body) is None


@pytest.mark.parametrize("body", [b"[" + INNER, b"[%b," % INNER])
def test_a_list_that_is_cut_is_not_its_first_item(body: bytes) -> None:
    """The others may be missing."""
    failure = failure_of(lambda: read_json_reply(OpenAIChat(), body))
    assert failure.kind in (FailureClass.PROTOCOL, FailureClass.TRUNCATED)
