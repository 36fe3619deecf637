"""A coverage-guided fuzzer for the frame decoder: arbitrary bytes in arbitrary chunks.

    pip install atheris                        needed by this script only
    python tests/bench/fuzz_frames.py          two minutes; a crash is written to a file and shown
    python tests/bench/fuzz_frames.py -max_total_time=3600 -max_len=4096 CORPUS
    python tests/bench/fuzz_frames.py crash-...   runs the same input again

The options are those of libFuzzer. For every input:

1. Only `FrameError` is raised, and never by the `feed` call that meets the violation.
2. The frames, and whether the stream is broken, are the same for any chunking.
3. A decoded frame can be encoded, and decodes to the same frame.
4. A broken decoder stays broken.
"""

import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FunctionType

import msgpack
from msgpack import fallback

from aircher_wire import frames
from aircher_wire.frames import Decoder, Frame, FrameError, Notification, Request, Response

SMALL_FRAME = 512
"""A limit that the fuzzer reaches: the real one would need 32 MiB of input."""
SECONDS = 120

SEEDS = (
    frames.encode_request(1, "chat", {"messages": [{"role": "user", "content": "hi"}]}),
    frames.encode_request(2**32 - 1, "ping"),
    frames.encode_response(3, {"a": [1, 2.5, None, True, b"x", -(2**63), 2**64 - 1]}),
    frames.encode_error(4, {"code": "cancelled", "message": "caf\u00e9", "data": {}}),
    frames.encode_notification("$/cancel", {"id": 1}),
    bytes(msgpack.packb([2, "nvim_error_event", [0, "x"]])),
    bytes(msgpack.packb([0, 1, "ping", [[]]])),
    bytes(msgpack.packb([0, 1, b"\xff", [{}]])),
    bytes(msgpack.packb(msgpack.ExtType(1, b"x"))),
    b"\xdd\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\x91" * 64,
    b"\x94\x00\x01\xa2\xff\xfe\x91\x80",
)


def decode(pieces: Sequence[bytes], limit: int) -> tuple[list[Frame], bool]:
    """Feed `pieces`; return the frames and whether the stream is broken."""
    decoder = Decoder(limit)
    found: list[Frame] = []
    for piece in pieces:
        found += decoder.feed(piece)
        if decoder.error:
            check_stays_broken(decoder)
            return found, True
    decoder.check()
    return found, False


def check_stays_broken(decoder: Decoder) -> None:
    """Fail unless every further call is refused."""
    for refuse in (decoder.check, lambda: decoder.feed(b"\x90")):
        try:
            refuse()
        except FrameError:
            continue
        raise AssertionError(f"{decoder!r} went on after {decoder.error!r}")


def cut(data: bytes, sizes: bytes) -> list[bytes]:
    """Cut `data` into pieces of the lengths in `sizes`, cyclically."""
    pieces, start, number = [], 0, 0
    while start < len(data):
        size = 1 + sizes[number % len(sizes)] if sizes else 1
        pieces.append(data[start : start + size])
        start, number = start + size, number + 1
    return pieces


def check(data: bytes) -> None:
    """Check the properties above for one input; its first bytes set the chunk sizes."""
    head, body = data[:4], data[4:]
    guide(body)
    for limit in (frames.MAX_FRAME, SMALL_FRAME):
        whole, broke = decode([body], limit)
        for pieces in (cut(body, head), cut(body, b"")):
            others, other_broke = decode(pieces, limit)
            assert same(whole, others), (whole, others)
            assert broke == other_broke, (limit, broke, other_broke)
    for frame in decode([body], frames.MAX_FRAME)[0]:
        check_round_trip(frame)


def guide(data: bytes) -> None:
    """Instrument msgpack's Python fallback: the fuzzer cannot see into the C code."""
    twin = fallback.Unpacker(max_buffer_size=len(data) + 1, unicode_errors="surrogateescape")
    try:
        twin.feed(data)
        for _ in twin:
            pass
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException):
        pass


def check_round_trip(frame: Frame) -> None:
    """Encode a frame and check that it decodes to the same frame."""
    back, broke = decode([encode(frame)], frames.MAX_FRAME)
    assert not broke, frame
    assert same([frame], back), (frame, back)


def encode(frame: Frame) -> bytes:
    """Encode as clients do, including invalid UTF-8."""
    match frame:
        case Request(msgid, method, params):
            return frames.encode_request(msgid, method, params, errors="surrogateescape")
        case Response(msgid, error, result):
            message: object = [1, msgid, error, result]
        case Notification(method, params):
            message = [2, method, [params]]
    return bytes(msgpack.packb(message, unicode_errors="surrogateescape"))


def same(left: object, right: object) -> bool:
    """Return whether type and value are equal; NaN equals itself."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float) and isinstance(right, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if isinstance(left, dict) and isinstance(right, dict):
        return same(list(left.items()), list(right.items()))
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, Request | Response | Notification):
        return all(same(getattr(left, n), getattr(right, n)) for n in left.__slots__)
    return left == right


def write_seeds(folder: str) -> None:
    """Write initial inputs for the fuzzer."""
    for number, seed in enumerate(SEEDS):
        Path(folder, f"seed{number}").write_bytes(b"\x00\x01\x02\x05" + seed)


def functions(*owners: object) -> Iterator[FunctionType]:
    """Return all functions of these modules and classes."""
    for owner in owners:
        yield from (each for each in vars(owner).values() if isinstance(each, FunctionType))


def main() -> None:
    """Fuzz until the time is over or a check fails."""
    import atheris  # noqa: PLC0415 - a tool of this program only

    for function in functions(frames, Decoder, fallback.Unpacker):
        atheris.instrument_func(function)
    given = sys.argv[1:]
    with tempfile.TemporaryDirectory() as corpus:
        write_seeds(corpus)
        defaults = [f"-max_total_time={SECONDS}", "-max_len=2048", "-print_final_stats=1"]
        arguments = [sys.argv[0], *defaults, *given]
        if all(each.startswith("-") for each in given):
            arguments.append(corpus)
        atheris.Setup(arguments, check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
