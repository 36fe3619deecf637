"""Plans how a reply is sent, with a fault applied. Pure functions, so every break can be tested.

A plan is a list of steps (bytes to send, or seconds to pause) and an ending.
"""

import math
from collections.abc import Callable
from typing import Literal

import msgspec

from aircherd.testing.simulator.behaviour import Behaviour
from aircherd.testing.simulator.faults import Fault
from aircherd.testing.simulator.http.wire import LAST_CHUNK, encode_chunk, encode_head
from aircherd.testing.simulator.reply import Headers, Reply, Streamed, Whole

Step = bytes | float
Ending = Literal["keep", "close", "reset"]

MALFORMED = b'data: {"id":"broken","choices":[{"index":0,"delta":{"conte\n\n'
HTML = (
    b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
    b"<body><center><h1>502 Bad Gateway</h1></center></body></html>\n"
)


class Plan(msgspec.Struct):
    """The steps, and what happens to the connection afterwards."""

    steps: list[Step]
    ending: Ending = "keep"


def plan_response(
    reply: Reply,
    behaviour: Behaviour,
    fault: Fault | None,
    *,
    keep: bool = True,
    broken: bytes = b"",
) -> Plan:
    """Return the plan for sending `reply`.

    Args:
        reply: the reply of the vendor's module, with all headers except the framing.
        behaviour: the delays and the size of writes.
        fault: the fault to apply, if any.
        keep: whether the connection stays open after a complete response.
        broken: the vendor's error event, for `stream_error`.
    """
    steps: list[Step] = [behaviour.first_delay] if behaviour.first_delay else []
    if fault is not None and fault.after is None:
        if fault.kind in ("cut", "reset"):
            return Plan(steps, _broken_ending(fault))
        if fault.kind == "stall":
            steps.append(_pause(fault))
    plan = (
        _plan_whole(reply, fault, keep=keep)
        if isinstance(reply, Whole)
        else _plan_stream(reply, behaviour, fault, keep=keep, broken=broken)
    )
    plan.steps = steps + plan.steps
    if fault is not None and fault.kind == "slow_head":
        plan.steps = _slow_head(plan.steps, _pause(fault, default=0.01))
    if not keep or (fault is not None and fault.kind == "close_after"):
        plan.ending = "close" if plan.ending == "keep" else plan.ending
    return plan


def replacement_reply(fault: Fault) -> Whole | None:
    """Return the reply that a fault sends instead of the vendor's, None if it sends none."""
    if fault.kind == "answer":
        kind = [("content-type", fault.content_type)] if fault.content_type else []
        return Whole(fault.status or 200, kind, fault.body.encode())
    if fault.kind == "html":
        return Whole(fault.status or 502, [("content-type", "text/html; charset=UTF-8")], HTML)
    if fault.kind == "empty":
        return Whole(fault.status or 200, [], b"")
    return None


def _plan_whole(reply: Whole, fault: Fault | None, *, keep: bool) -> Plan:
    framing = [("content-length", str(len(reply.body)))]
    head = encode_head(reply.status, [*reply.headers, *framing, *_connection(keep=keep)])
    half = len(reply.body) // 2
    if fault is None:
        return Plan([head + reply.body])
    if fault.kind == "malformed":
        broken = reply.body[:half] + b"\x00" * (len(reply.body) - half)
        return Plan([head + broken])
    if fault.after is not None and fault.kind == "stall":
        return Plan([head + reply.body[:half], _pause(fault), reply.body[half:]])
    if fault.kind in ("cut", "reset", "truncate"):
        return Plan([head + reply.body[:half]], _broken_ending(fault))
    return Plan([head + reply.body])


def _plan_stream(
    reply: Streamed, behaviour: Behaviour, fault: Fault | None, *, keep: bool, broken: bytes
) -> Plan:
    framing = [("transfer-encoding", "chunked"), *_connection(keep=keep)]
    head = encode_head(reply.status, [*reply.headers, *framing])
    parts = [reply.opening, *reply.output, reply.closing + reply.end_marker]
    if fault is None:
        return Plan(_paced(head, parts, behaviour, LAST_CHUNK))
    at = 1 + min(fault.after or 0, len(reply.output))
    if fault.kind == "stall" and fault.after is not None:
        before = _paced(head, parts[:at], behaviour, b"")
        return Plan([*before, _pause(fault), *_paced(b"", parts[at:], behaviour, LAST_CHUNK)])
    if fault.kind in ("cut", "reset"):
        return Plan(_paced(head, parts[:at], behaviour, b""), _broken_ending(fault))
    if fault.kind == "no_end_marker":
        parts[-1] = reply.closing
    elif bend := _STREAM_FAULTS.get(fault.kind):
        parts = bend(parts, at, fault, broken)
    return Plan(_paced(head, parts, behaviour, LAST_CHUNK))


def _inject(parts: list[bytes], at: int, fault: Fault, _broken: bytes) -> list[bytes]:
    rest = [] if fault.last else parts[at:]
    return [*parts[:at], fault.text.encode("utf-8", "surrogateescape"), *rest]


_STREAM_FAULTS: dict[str, Callable[[list[bytes], int, Fault, bytes], list[bytes]]] = {
    "truncate": lambda parts, at, _fault, _broken: parts[:at],
    "stream_error": lambda parts, at, _fault, broken: [*parts[:at], broken],
    "malformed": lambda parts, at, _fault, _broken: [*parts[:at], MALFORMED, *parts[at:]],
    "inject": _inject,
}


def _paced(head: bytes, parts: list[bytes], behaviour: Behaviour, tail: bytes) -> list[Step]:
    """Group parts into writes of `events_per_write`, with pauses between them."""
    size = behaviour.events_per_write
    if size > 1:
        parts = [b"".join(parts[start : start + size]) for start in range(0, len(parts), size)]
    writes = [encode_chunk(part) for part in parts if part]
    if not writes:
        return [head + tail] if head or tail else []
    writes[0] = head + writes[0]
    writes[-1] += tail
    if not behaviour.delay:
        return list(writes)
    steps: list[Step] = []
    for write in writes:
        steps += [behaviour.delay, write]
    return steps[1:] if head else steps


def _slow_head(steps: list[Step], gap: float) -> list[Step]:
    slow: list[Step] = []
    for number, step in enumerate(steps):
        if isinstance(step, bytes):
            head, ended, rest = step.partition(b"\r\n\r\n")
            for byte in head:
                slow += [bytes((byte,)), gap]
            return [*slow, ended + rest, *steps[number + 1 :]]
        slow.append(step)
    return slow


def _pause(fault: Fault, default: float = math.inf) -> float:
    return default if fault.seconds is None else fault.seconds


def _broken_ending(fault: Fault) -> Ending:
    return "reset" if fault.kind == "reset" else "close"


def _connection(*, keep: bool) -> Headers:
    return [] if keep else [("connection", "close")]
