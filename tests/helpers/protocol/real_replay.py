"""Plays the client of a transcript to a real daemon, and compares what that sends.

Everything is compared, with two exceptions: the transcript's `volatile` paths, and the places of
this machine, which `Places` replaces. `TRANSCRIPTS=accept` writes what the daemon sends instead.
"""

import fnmatch
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers.protocol.raw_client import RawClient
from helpers.protocol.transcripts import NOTIFICATION, REQUEST, RESPONSE, Step, complete

WIDTH = 110
"""Characters of a line in an accepted file."""
FIRST_ID = 100


class Replay:
    """One conversation with the daemon that listens at `socket`.

    `replaced` has texts of this machine, such as its paths, and what stands for them in the file.
    """

    def __init__(self, socket: Path, replaced: dict[str, str]) -> None:
        self._client = RawClient(socket)
        self._replaced = replaced
        self._ids: dict[str, int] = {}

    def run(self, transcript: dict[str, Any], *, is_hello_written: bool) -> list[list[Any]]:
        """Return the frames that the daemon sent, one list for each step `daemon_gets`.

        The daemon sends them until one like the last that is expected has come: see `_kind`.
        """
        if not is_hello_written:
            self._client.send([REQUEST, 1, "hello", [{"client": {"name": "transcript"}}]])
            self._client.receive()
        return [
            self._answers(step, expected, transcript)
            for step, expected in segments(transcript["steps"])
        ]

    def close(self) -> None:
        """End the conversation."""
        self._client.close()

    def _answers(
        self, step: Step, expected: list[Any], transcript: dict[str, Any]
    ) -> list[list[Any]]:
        frame = step["daemon_gets"]
        if frame[0] == REQUEST:
            self._ids[frame[1]] = FIRST_ID + len(self._ids)
        if frame[0] == REQUEST and frame[2] == "hello":
            client = {"name": "transcript", "version": "1"}
            frame = [*frame[:3], [{**frame[3][0], "client": client, **transcript.get("says", {})}]]
        self._client.send(self._with_ids(frame))
        got: list[Any] = []
        if not expected:
            return got
        last = _kind(expected[-1])
        left = sum(_kind(each) == last for each in expected)
        while left:
            found = self._client.receive()
            if found is None:
                break
            got.append(self._with_names(found))
            left -= _kind(got[-1]) == last
        return got

    def _with_ids(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._with_ids(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._with_ids(each) for each in value]
        return self._ids.get(value, value) if isinstance(value, str) else value

    def _with_names(self, frame: list[Any]) -> list[Any]:
        """Return a frame with the names of requests, and without places of this machine."""
        names = {number: name for name, number in self._ids.items()}
        if frame[0] == RESPONSE:
            frame = [RESPONSE, names.get(frame[1], frame[1]), *frame[2:]]
        elif frame[0] == NOTIFICATION and "id" in frame[2][0]:
            params = frame[2][0]
            frame = [*frame[:2], [{**params, "id": names.get(params["id"], params["id"])}]]
        text = json.dumps(frame)
        for here, there in self._replaced.items():
            text = text.replace(here, there)
        cleaned: list[Any] = json.loads(text)
        return cleaned


def segments(steps: list[Step]) -> Iterator[tuple[Step, list[Any]]]:
    """Return each frame of the client, with the frames that the daemon sends before the next."""
    current: tuple[Step, list[Any]] | None = None
    for step in steps:
        if "daemon_gets" in step:
            if current is not None:
                yield current
            current = (step, [])
        elif "daemon_sends" in step or "daemon_sends_all" in step:
            assert current is not None, "the daemon does not speak first"
            current[1].extend(step.get("daemon_sends_all") or [step["daemon_sends"]])
    if current is not None:
        yield current


def _kind(frame: list[Any]) -> tuple[object, ...]:
    """Return what a frame is about."""
    if frame[0] == RESPONSE:
        return (RESPONSE, frame[1])
    params = frame[2][0]
    return (NOTIFICATION, frame[1], params.get("topic"))


def strict_difference(
    expected: object, got: object, volatile: list[str], path: str = ""
) -> str | None:
    """Return where a frame differs, None if only volatile values do."""
    if any(fnmatch.fnmatchcase(path, pattern) for pattern in volatile):
        return None if type(expected) is type(got) else f"{path}: {expected!r}, now {got!r}"
    if isinstance(expected, dict) and isinstance(got, dict):
        if expected.keys() != got.keys():
            gone, new = expected.keys() - got.keys(), got.keys() - expected.keys()
            return f"{path}: keys that are gone: {sorted(gone)}, new ones: {sorted(new)}"
        pairs = [(key, expected[key], got[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = [(number, *both) for number, both in enumerate(zip(expected, got, strict=True))]
    else:
        is_same = expected == got and type(expected) is type(got)
        return None if is_same else f"{path}: {expected!r}, now {got!r}"
    found = (strict_difference(a, b, volatile, f"{path}.{key}") for key, a, b in pairs)
    return next(filter(None, found), None)


def compare(transcript: dict[str, Any], answers: list[list[Any]]) -> str | None:
    """Return how what the daemon sent differs from the transcript."""
    volatile = transcript.get("volatile", [])
    for (step, expected), got in zip(segments(transcript["steps"]), answers, strict=True):
        if len(expected) != len(got):
            sent = "\n".join(json.dumps(frame)[:300] for frame in got)
            return f"after {step}: {len(expected)} frames expected, {len(got)} came:\n{sent}"
        for number, (frame, found) in enumerate(zip(expected, got, strict=True), start=1):
            if differs := strict_difference(frame, found, volatile):
                return f"after {step}, frame {number}, {differs}"
    return None


# ------------------------------------------------------------------ accepting


def accept(file: Path, answers: list[list[Any]]) -> None:
    """Write what the daemon sent into a transcript; volatile values stay as they are."""
    transcript = json.loads(file.read_text(encoding="utf-8"))
    volatile = transcript.get("volatile", [])
    steps: list[Step] = []
    left = iter(answers)
    old: list[Step] = []
    new: list[Any] = []

    def flush() -> None:
        steps.extend(_renewed(old, new, volatile))
        old.clear()
        new.clear()

    for step in transcript["steps"]:
        if "daemon_gets" in step:
            flush()
            steps.append(step)
            new.extend(next(left))
        elif "daemon_sends" in step or "daemon_sends_all" in step:
            old.append(step)
        else:
            flush()
            steps.append(step)
    flush()
    short = _abbreviated(steps, _abbreviations(transcript["steps"]))
    file.write_text(_written({**transcript, "steps": short}), encoding="utf-8")


def _abbreviations(value: Any) -> dict[str, Any]:
    """Return the long texts that are written short, and how."""
    if isinstance(value, dict) and value.keys() == {"$repeat", "times"}:
        whole = value["$repeat"] * value["times"]
        return {whole: value} if isinstance(whole, str) else {}
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text: short for each in parts for text, short in _abbreviations(each).items()}


def _abbreviated(value: Any, short: dict[str, Any]) -> Any:
    if isinstance(value, str):
        return short.get(value, value)
    if isinstance(value, dict):
        return {key: _abbreviated(each, short) for key, each in value.items()}
    return [_abbreviated(each, short) for each in value] if isinstance(value, list) else value


def _renewed(old: list[Step], new: list[Any], volatile: list[str]) -> list[Step]:
    """Return the steps with new frames, in the same writes and cuts if there are as many."""
    frames = [
        frame for step in old for frame in step.get("daemon_sends_all") or [step["daemon_sends"]]
    ]
    if len(frames) != len(new):
        return [{"daemon_sends": frame} for frame in new]
    written = complete({"steps": old})["steps"]
    plain = [
        frame
        for step in written
        for frame in step.get("daemon_sends_all") or [step["daemon_sends"]]
    ]
    kept = iter(
        before if before_plain == now else _kept(before_plain, now, volatile)
        for before, before_plain, now in zip(frames, plain, new, strict=True)
    )
    return [
        {**step, "daemon_sends_all": [next(kept) for _ in step["daemon_sends_all"]]}
        if "daemon_sends_all" in step
        else {**step, "daemon_sends": next(kept)}
        for step in old
    ]


def _kept(old: Any, new: Any, volatile: list[str], path: str = "") -> Any:
    """Return the new value, with old ones at volatile paths."""
    if any(fnmatch.fnmatchcase(path, pattern) for pattern in volatile):
        return old if type(old) is type(new) else new
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            key: _kept(old.get(key), each, volatile, f"{path}.{key}") for key, each in new.items()
        }
    if isinstance(old, list) and isinstance(new, list):
        pairs = enumerate(new)
        return [
            _kept(old[number] if number < len(old) else None, each, volatile, f"{path}.{number}")
            for number, each in pairs
        ]
    return new


def _written(value: Any, indent: int = 0, room: int = WIDTH) -> str:
    """Return JSON in which each value that fits on a line is on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= room or not isinstance(value, dict | list) or not value:
        return line + ("\n" if indent == 0 else "")
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: "
            f"{_written(each, indent + 2, WIDTH - len(key) - 4)}"
            for key, each in value.items()
        ]
        opening, closing = "{", "}"
    else:
        parts = [_written(each, indent + 2) for each in value]
        opening, closing = "[", "]"
    inner = f",\n{pad}".join(parts)
    text = f"{opening}\n{pad}{inner}\n{' ' * indent}{closing}"
    return text + ("\n" if indent == 0 else "")
