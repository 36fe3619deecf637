"""Frames round-trip in any chunks, and malformed ones are refused."""

import tracemalloc

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aircher_wire import frames
from aircher_wire.frames import Decoder, FrameError, Notification, Request, Response

TEXT = st.text()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | TEXT
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
PARAMS = st.dictionaries(TEXT, VALUES, max_size=4)
MSGIDS = st.integers(0, 2**32 - 1)
METHODS = st.text(st.characters(codec="ascii"), max_size=100)
FRAMES = st.one_of(
    st.builds(Request, MSGIDS, METHODS, PARAMS),
    st.builds(Response, MSGIDS, st.none() | PARAMS, VALUES),
    st.builds(Notification, METHODS, PARAMS),
)


def encode(frame: frames.Frame) -> bytes:
    match frame:
        case Request(msgid, method, params):
            return frames.encode_request(msgid, method, params)
        case Response(msgid, error, result):
            packed: bytes = msgpack.packb([1, msgid, error, result])
            return packed
        case Notification(method, params):
            return frames.encode_notification(method, params)


def pack(value: object) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth - 1):
        value = [value]
    return value


def decode(data: bytes) -> list[frames.Frame]:
    decoder = Decoder()
    found = decoder.feed(data)
    decoder.check()
    return found


# ------------------------------------------------------------------------------- what comes back


@given(st.lists(FRAMES, max_size=4))
def test_round_trip(sent: list[frames.Frame]) -> None:
    """What is encoded is decoded to the same frames, in order."""
    assert sent == decode(b"".join(map(encode, sent)))


@given(st.lists(FRAMES, min_size=1, max_size=4), st.data())
def test_any_chunking_gives_the_same_frames(sent: list[frames.Frame], data: st.DataObject) -> None:
    """The boundaries of chunks do not matter."""
    stream = b"".join(map(encode, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = Decoder()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += decoder.feed(stream[start:end])
    assert sent == found
    assert repr(decoder) == "<Decoder 0 bytes of a frame>"


@given(st.lists(st.binary(max_size=64) | VALUES.map(pack), max_size=4))
@example([b"\xc7\x00\xff"])
@example([b"\xd6\xff\x00\x00\x00\x00"])
@example([b"\x94\x00\x01\xa1m\x91\x81\x90\x01"])
@example([b"\xdf\xff\xff\xff\xff"])
def test_arbitrary_bytes_raise_nothing_but_frame_error(chunks: list[bytes]) -> None:
    """The decoder returns frames or fails with FrameError."""
    decoder = Decoder()
    for chunk in chunks:
        if decoder.error is not None:
            with pytest.raises(FrameError):
                decoder.feed(chunk)
            return
        assert all(isinstance(frame, frames.Frame) for frame in decoder.feed(chunk))


@pytest.mark.parametrize("params", [[], [[]], [{}]])
def test_no_parameters_have_three_forms(params: list[object]) -> None:
    """An empty map may arrive as an empty list, or be left out."""
    assert decode(pack([0, 7, "ping", params])) == [Request(7, "ping", {})]


@pytest.mark.parametrize("params", [[0, "Invalid method"], [0], None, "x", [{}, {}], {"a": 1}])
def test_a_foreign_notification_is_no_error(params: object) -> None:
    """Notifications such as Neovim's `nvim_error_event` are treated as having no parameters."""
    data = pack([2, "nvim_error_event", params])
    assert decode(data) == [Notification("nvim_error_event", {})]


def test_invalid_utf8_is_kept_as_surrogates() -> None:
    """Invalid UTF-8 is decoded, and encoded again to the same bytes."""
    data = b"\x94\x00\x01\xa4chat\x91\x81\xa1t\xa2\xff\xfe"
    [request] = decode(data)
    assert request == Request(1, "chat", {"t": "\udcff\udcfe"})
    resent = frames.encode_request(1, "chat", {"t": "\udcff\udcfe"}, errors="surrogateescape")
    assert resent == data


@pytest.mark.parametrize("text", ["\udcff", chr(0xD800)])
def test_what_the_daemon_sends_is_valid_utf8(text: str) -> None:
    """Surrogates are replaced in all output, and the packer stays usable."""
    sent = [
        frames.encode_notification("m", {"t": text}),
        frames.encode_notifications("m", [{"t": text}]),
        frames.encode_notification("m", {"t": "?"}),
    ]
    assert sent == [b"\x93\x02\xa1m\x91\x81\xa1t\xa1?"] * 3


def test_a_lone_surrogate_cannot_be_kept() -> None:
    """A surrogate that represents no byte is replaced even where bytes are kept."""
    sent = frames.encode_request(1, "m", {"t": "\ud800"}, errors="surrogateescape")
    assert decode(sent) == [Request(1, "m", {"t": "?"})]


def test_answers() -> None:
    """A response holds a result or an error."""
    sent = frames.encode_response(1, {"a": 1}) + frames.encode_error(2, {"code": "internal"})
    assert decode(sent) == [Response(1, None, {"a": 1}), Response(2, {"code": "internal"}, None)]


def test_several_notifications_are_one_buffer() -> None:
    """A batch is the concatenation of its notifications."""
    batch: list[dict[str, object]] = [{"seq": 0}, {"seq": 1}]
    one_by_one = b"".join(frames.encode_notification("chat.delta", params) for params in batch)
    assert frames.encode_notifications("chat.delta", batch) == one_by_one


@pytest.mark.parametrize(
    ("value", "error"), [(object(), TypeError), (2**64, OverflowError), (nested(3000), ValueError)]
)
def test_what_cannot_be_sent(value: object, error: type[Exception]) -> None:
    """A value that msgpack cannot encode is refused, and the next one is sent correctly."""
    with pytest.raises(error):
        frames.encode_response(1, {"a": value})
    assert decode(frames.encode_response(1, 2)) == [Response(1, None, 2)]


# ------------------------------------------------------------------------------- what is refused

MALFORMED = {
    "array length bomb": b"\xdd\xff\xff\xff\xff",
    "map length bomb": b"\xdf\xff\xff\xff\xff",
    "array of 100,001": b"\xdd" + (100_001).to_bytes(4, "big"),
    "map of 100,001": b"\xdf" + (100_001).to_bytes(4, "big"),
    "200,000 nested arrays": b"\x91" * 200_000,
    "a million arrays in arrays of 100,000": b"\xdd\x00\x01\x86\xa0" * 1100,
    "33 containers": pack([0, 1, "m", [{"a": nested(30)}]]),
    "33 containers in a result": pack([1, 1, None, nested(32)]),
    "fixext": b"\xd4\x01\x00",
    "an empty ext": b"\xc7\x00\x01",
    "a timestamp": b"\xd6\xff\x00\x00\x00\x00",
    "an empty timestamp": b"\xc7\x00\xff",
    "the type byte that does not exist": b"\xc1",
    "integer key": pack([0, 1, "m", [{1: 2}]]),
    "binary key": pack([0, 1, "m", [{b"a": 2}]]),
    "binary key further down": pack([1, 1, None, [{"a": [{b"b": 2}]}]]),
    "nil key": b"\x94\x00\x01\xa1m\x91\x81\xc0\x01",
    "array key": b"\x94\x00\x01\xa1m\x91\x81\x90\x01",
    "map key": b"\x94\x00\x01\xa1m\x91\x81\x80\x01",
    "a number": pack(1),
    "text": b"GET / HTTP/1.1\r\n",
    "a map": pack({"jsonrpc": "2.0"}),
    "an empty array": pack([]),
    "kind 3": pack([3, 1, "m", []]),
    "kind true": pack([True, 1, None, None]),
    "kind 1.0": pack([1.0, 1, None, None]),
    "a short request": pack([0, 1, "m"]),
    "a long notification": pack([2, "m", [], []]),
    "msgid -1": pack([0, -1, "m", []]),
    "msgid 2**32": pack([0, 2**32, "m", []]),
    "msgid true": pack([0, True, "m", []]),
    "msgid text": pack([1, "1", None, None]),
    "method nil": pack([0, 1, None, []]),
    "method binary": pack([0, 1, b"m", []]),
    "method of 101 bytes": pack([2, "m" * 101, []]),
    "method of 102 bytes in 51 characters": pack([2, "é" * 51, []]),
    "parameters that are a map": pack([0, 1, "m", {}]),
    "parameters that are two maps": pack([0, 1, "m", [{}, {}]]),
    "a parameter that is text": pack([0, 1, "m", ["x"]]),
    "a parameter that is a list": pack([0, 1, "m", [[1]]]),
    "parameters nil": pack([0, 1, "m", None]),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed(data: bytes) -> None:
    """Each stops the decoder, keeps the frames before it, and has a one-line message."""
    decoder = Decoder()
    assert decoder.feed(pack([2, "before", []]) + data) == [Notification("before", {})]
    assert decoder.error is not None
    assert len(str(decoder.error)) > 10
    assert "\n" not in str(decoder.error)


def test_a_broken_stream_stays_broken() -> None:
    """After a violation all further data is ignored, even valid frames."""
    decoder = Decoder()
    decoder.feed(b"\xc1")
    assert repr(decoder) == "<Decoder broken>"
    with pytest.raises(FrameError, match="not msgpack"):
        decoder.feed(pack([2, "m", []]))
    with pytest.raises(FrameError, match="not msgpack"):
        decoder.check()


def test_nesting_up_to_the_limit() -> None:
    """32 nested containers, including the frame, are accepted."""
    assert decode(pack([0, 1, "m", [{"a": nested(29)}]])) == [Request(1, "m", {"a": nested(29)})]
    assert decode(pack([1, 1, None, nested(31)])) == [Response(1, None, nested(31))]


def test_numbers_up_to_the_limits() -> None:
    """The largest message id and the longest method are accepted."""
    sent = pack([0, 2**32 - 1, "é" * 50, []])
    assert decode(sent) == [Request(2**32 - 1, "é" * 50, {})]


def request_of(size: int) -> bytes:
    """A request of exactly `size` bytes."""
    empty = len(frames.encode_request(1, "m", {"t": "x" * 70_000})) - 70_000
    data = frames.encode_request(1, "m", {"t": "x" * (size - empty)})
    assert len(data) == size
    return data


@pytest.mark.parametrize("chunk", [65_536, 1 << 30])
def test_a_frame_of_32_mib(chunk: int) -> None:
    """The largest frame passes, a byte more does not, in one chunk or many."""
    largest, larger = request_of(frames.MAX_FRAME), request_of(frames.MAX_FRAME + 1)
    decoder = Decoder()
    found = [frame for data in pieces(largest, chunk) for frame in decoder.feed(data)]
    assert [type(frame) for frame in found] == [Request]
    error = None
    for data in pieces(larger, chunk):
        assert decoder.feed(data) == []
        error = error or decoder.error
        if error:
            break
    assert str(error) == "a frame has at most 33554432 bytes, this one has more"


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("claimed", [b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"])
def test_a_text_that_claims_4_gib(claimed: bytes) -> None:
    """Data is accepted up to the size of one frame, and then refused."""
    decoder = Decoder(max_frame=1000)
    assert decoder.feed(claimed + b"x" * 995) == []
    assert decoder.error is None
    decoder.feed(b"x")
    assert str(decoder.error) == "a frame has at most 1000 bytes, this one has more"


def bomb(maps: int) -> bytes:
    """Return a `ping` with lists of 100,000 empty maps each: few bytes, but much memory."""
    return (
        b"\x94\x00\x01\xa4ping\x91\x81\xa1a\xdc"
        + maps.to_bytes(2, "big")
        + (b"\xdd\x00\x01\x86\xa0" + b"\x80" * 100_000) * maps
    )


@pytest.mark.parametrize("chunk", [1000, 65_536, 1 << 30])
def test_many_values_in_one_frame(chunk: int) -> None:
    """Each array is within its limit, but the frame is not."""
    decoder = Decoder()
    for data in pieces(bomb(3), chunk):
        assert decoder.feed(data) == []
        if decoder.error:
            break
    assert str(decoder.error) == "a frame has at most 250000 values in all, this one has more"


def test_a_frame_may_have_many_values() -> None:
    """Two arrays and a map of tens of thousands are accepted, also in the next frame."""
    params: dict[str, object] = {
        "a": [[0] * 50_000] * 2,
        "b": {str(number): number for number in range(50_000)},
    }
    data = pack([0, 1, "m", [params]])
    decoder = Decoder()
    found = [frame for part in pieces(data * 2, 65_536) for frame in decoder.feed(part)]
    assert found == [Request(1, "m", params)] * 2


def test_a_claim_is_refused_before_it_is_kept() -> None:
    """Nested arrays would allocate 8 bytes for each claimed item that never arrives."""
    decoder = Decoder()
    decoder.feed(b"\xdd\x00\x01\x86\xa0" * 20)
    assert "values in all" in str(decoder.error)


def test_a_refused_frame_leaves_nothing_behind() -> None:
    """Its values and bytes are freed while the decoder and its error still exist."""
    data = bomb(3)
    decoder = Decoder()
    tracemalloc.start()
    try:
        decoder.feed(data)
        kept, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert decoder.error is not None
    assert kept < 100_000


def test_many_frames_in_one_feed_may_exceed_one_frame() -> None:
    """The limit applies to frames, not to chunks."""
    one = frames.encode_notification("m", {"t": "x" * 500})
    decoder = Decoder(max_frame=600)
    assert len(decoder.feed(one * 5000)) == 5000
    assert decoder.error is None


def test_a_long_conversation_keeps_its_place() -> None:
    """The decoder replaces its buffer after much data without losing part of a frame."""
    one = frames.encode_notification("m", {"t": "x" * 400_000})
    decoder = Decoder()
    counts = [
        len(decoder.feed(chunk)) for chunk in (one * 3, one[:10], one[10:] + one[:5], one[5:])
    ]
    assert counts == [3, 0, 1, 1]


# ------------------------------------------------------------------------------- the structs


def test_frames_show_no_content() -> None:
    """A prompt or a key in the parameters does not reach a log through `repr`."""
    shown = [
        repr(Request(1, "auth.login", {"key": "hidden"})),
        repr(Response(1, None, "hidden")),
        repr(Response(2, "hidden", None)),
        repr(Notification("event", {"key": "hidden"})),
    ]
    assert shown == [
        "<Request 1 auth.login>",
        "<Response 1 ok>",
        "<Response 2 error>",
        "<Notification event>",
    ]


def test_frames_differ_by_kind_and_content() -> None:
    """Frames are equal if their type and their values are equal."""
    assert Notification("m", {}) != Notification("m", {"a": 1})
    assert Notification("m", {}) != ("m", {})
