"""Reads transcripts, completes what is written short, and compares frames with what is expected."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "protocol"
TRANSCRIPTS = FOLDER / "transcripts"

ANY = "$any"
"""Stands in an expectation for any value."""

REQUEST, RESPONSE, NOTIFICATION = 0, 1, 2

DAEMON_STEPS = frozenset(
    {
        "daemon_gets",
        "daemon_sends",
        "daemon_sends_all",
        "daemon_sends_bytes",
        "daemon_hangs_up",
        "daemon_sees_end",
    }
)
CLIENT_STEPS = frozenset(
    {
        "connect",
        "request",
        "notify",
        "close",
        "result",
        "error",
        "notification",
        "hello",
        "closed",
    }
)

Step = dict[str, Any]
Transcript = dict[str, Any]


def files() -> list[Path]:
    """Return the files of all transcripts."""
    return sorted(TRANSCRIPTS.glob("*.json"))


def read(file: Path) -> Transcript:
    """Return a transcript without abbreviations: see `complete`."""
    made: Transcript = json.loads(file.read_text(encoding="utf-8"))
    return complete(made)


def complete(transcript: Transcript) -> Transcript:
    """Write out `$repeat`, and the values of results and notifications that are left out."""
    steps = list(_one_by_one(_write_out(transcript["steps"])))
    frames = list(sent_frames(steps))
    responses = {frame[1]: frame for frame in frames if frame[0] == RESPONSE}
    sent = defaultdict(list)
    for frame in frames:
        if frame[0] == NOTIFICATION:
            sent[frame[1]].append((frame[2] or [{}])[0])
    for step in steps:
        if "result" in step:
            step.setdefault("value", _in_response(responses, step["result"], 3))
        elif "error" in step:
            step.setdefault("value", _in_response(responses, step["error"], 2))
        elif "notification" in step:
            left = sent[step["notification"]]
            found = left.pop(0) if left else {}
            step.setdefault("params", found)
    return {**transcript, "steps": steps}


def _one_by_one(steps: list[Step]) -> Iterator[Step]:
    """Write out `notifications`: one step for each that the daemon has sent so far."""
    sent: list[str] = []
    for step in steps:
        if "notifications" in step:
            for method in [method for method in sent if method in step["notifications"]]:
                sent.remove(method)
                yield {"notification": method}
            continue
        sent += [frame[1] for frame in sent_frames([step]) if frame[0] == NOTIFICATION]
        if "notification" in step:
            sent.remove(step["notification"])
        yield step


def sent_frames(steps: Iterable[Step]) -> Iterator[list[Any]]:
    """Return the frames that the daemon sends, without broken ones."""
    for step in steps:
        if "daemon_sends" in step:
            yield step["daemon_sends"]
        yield from step.get("daemon_sends_all", [])


def name_of(step: Step) -> str:
    """Return what kind a step is."""
    kinds = (DAEMON_STEPS | CLIENT_STEPS) & step.keys()
    assert len(kinds) == 1, f"one kind of step, not {sorted(kinds)}: {step}"
    return kinds.pop()


def _in_response(responses: dict[object, list[Any]], name: str, place: int) -> object:
    found = responses.get(f"#{name}")
    return ANY if found is None else found[place]


def _write_out(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"$repeat", "times"}:
            return value["$repeat"] * value["times"]
        return {key: _write_out(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_write_out(each) for each in value]
    return value


def difference(expected: object, got: object, path: str = "") -> str | None:
    """Return where `got` is not as expected, None if it is.

    A map has at least the keys that are expected. `[]` is an empty map, too, and a missing value
    is nil: Lua and Elisp cannot tell them apart.
    """
    if expected in (ANY, got) or (_is_empty(expected) and _is_empty(got)):
        return None
    if isinstance(expected, dict) and isinstance(got, dict):
        found = (difference(each, got.get(key), f"{path}.{key}") for key, each in expected.items())
        return next(filter(None, found), None)
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = enumerate(zip(expected, got, strict=True))
        found = (difference(want, each, f"{path}[{number}]") for number, (want, each) in pairs)
        return next(filter(None, found), None)
    return f"{path or 'it'}: expected {_short(expected)}, got {_short(got)}"


def _is_empty(value: object) -> bool:
    return value is None or value in ({}, [])


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 300 else f"{text[:200]}… ({len(text)} characters)"
