"""The order of events, failures and the end, for any vendor."""

import pytest

from aircherd.errors import ProviderFailed, fail
from aircherd.providers.codec.ndjson import NdjsonDecoder
from aircherd.providers.codec.reply_stream import ReplyStream, new_call_id
from aircherd.providers.codec.sse import MAX_EVENT
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, ReplyEvent, TextDelta
from helpers.providers.provider_calls import failure_of, run_decoder


class Toy(ReplyStream):
    """`end` ends, `last` allows an end, `bad` is not our API, `over` an error; the rest is text."""

    may_end = False

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        if data == b"end":
            self._finish(Ending("stop"), out)
        elif data == b"last":
            self.may_end = True
        elif data in (b"bad", b"over"):
            kind = FailureClass.PROTOCOL if data == b"bad" else FailureClass.OVERLOADED
            fail(kind, data.decode())
        else:
            out.append(TextDelta(data.decode()))

    def _end(self) -> Ending | None:
        return Ending("length") if self.may_end else None


def stream(*data: str) -> bytes:
    return "".join(f"data: {datum}\n\n" for datum in data).encode()


def test_ends_once() -> None:
    """What follows the ending is ignored, and so is the end of the body."""
    toy = Toy()
    assert [TextDelta("a"), Ending("stop")] == toy.feed(stream("a", "end", "b", "bad"))
    assert toy.feed(stream("bad")) == []
    assert toy.close() == []


def test_events_before_a_failure_come_first() -> None:
    """A failure is raised after the events before it, and again later."""
    toy = Toy()
    assert [TextDelta("a")] == toy.feed(stream("a", "over", "b"))
    assert FailureClass.OVERLOADED is failure_of(lambda: toy.feed(stream("c"))).kind
    assert FailureClass.OVERLOADED is failure_of(toy.close).kind


def test_lone_failure_comes_at_once() -> None:
    """With nothing before it, a failure is raised at once."""
    assert failure_of(lambda: Toy().feed(stream("over"))).message == "over"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FailureClass.PROTOCOL),
        (b"<html>hello</html>", FailureClass.PROTOCOL),
        (stream("a"), FailureClass.TRUNCATED),
        (stream("a") + b"data: bad", FailureClass.TRUNCATED),
        (stream("a") + b"data: over", FailureClass.OVERLOADED),
        (b"data: a", FailureClass.TRUNCATED),
        (stream("last"), None),
        (b"data: end", None),
    ],
)
def test_how_a_body_may_end(body: bytes, kind: FailureClass | None) -> None:
    """A cut is TRUNCATED, not malformed JSON; a body without any event is PROTOCOL."""
    _, failure = run_decoder(Toy(), [body])
    assert kind is (failure.kind if failure else None)


def test_the_last_event_is_not_lost() -> None:
    """Text in an event that the end of the body completes comes before the failure."""
    toy = Toy()
    assert toy.feed(b"data: a") == []
    assert [TextDelta("a")] == toy.close()
    with pytest.raises(ProviderFailed, match="broke off"):
        toy.close()


def test_lines_are_events_too() -> None:
    """Another framing changes nothing else."""
    assert ([TextDelta("a"), Ending("stop")], None) == run_decoder(
        Toy(NdjsonDecoder()), [b"a\n\ne", b"nd\nbad\n"]
    )
    _, failure = run_decoder(Toy(NdjsonDecoder(limit=10)), [b"x" * 11, b"x"])
    assert failure is not None
    assert failure.message == "sent a line of more than 10 bytes"


def test_endless_event_is_a_failure() -> None:
    """An event beyond the limit is not the vendor's API."""
    pieces = [b"data: " + b"x" * MAX_EVENT, b"x"]
    _, failure = run_decoder(Toy(), pieces)
    assert failure is not None
    assert FailureClass.PROTOCOL is failure.kind


def test_repr_shows_state() -> None:
    """The repr shows whether it has ended or failed."""
    toy = Toy()
    assert repr(toy) == "<Toy open>"
    toy.feed(stream("end"))
    assert repr(toy) == "<Toy ended>"


def test_made_up_ids_differ() -> None:
    """New ids are unique."""
    assert len({new_call_id() for _ in range(100)}) == 100


class Picky(Toy):
    """Takes only text in quotes; anything else is not its API."""

    def _take(self, data: bytes, out: list[ReplyEvent]) -> None:
        super()._take(data if data.startswith(b"'") or data == b"last" else b"bad", out)


@pytest.mark.parametrize("word", ["ping", "[PING]", "keep-alive", "null", "heartbeat"])
def test_words_that_keep_a_connection_alive_are_ignored(word: str) -> None:
    """They are events without an object in them."""
    assert Picky().feed(stream(word, "'a'")) == [TextDelta("'a'")]


@pytest.mark.parametrize("word", ["[done]", '"[DONE]"', "DONE", "<|end|>", "data: [DONE]"])
def test_an_end_mark_of_another_api_proves_nothing(word: str) -> None:
    """It is ignored where the vendor has none."""
    toy = Picky()
    assert toy.feed(stream("'a'", word)) == [TextDelta("'a'")]
    assert failure_of(toy.close).kind is FailureClass.TRUNCATED


@pytest.mark.parametrize("word", ["[1]", "died", "7", "the worker is done"])
def test_any_other_word_is_not_ignored(word: str) -> None:
    """It may be an error, or a part of a reply."""
    assert failure_of(lambda: Picky().feed(stream(word))).kind is FailureClass.PROTOCOL
