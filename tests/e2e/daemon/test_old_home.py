"""Today's daemon opens a home and answers requests of version 7474c26.

`home-7474c26.tar.gz` has what the daemon of commit 7474c26 left behind after a few requests to the
simulator: the configuration, the stored keys and their index, the ledger, the cooldowns and the
model lists. `simulator.txt` is the simulator's URL at that time, and `transcript.json` the bytes
that the client of that commit sent and received, a connection per entry, in base64. The keys are
made up. All of it was recorded by a script that used the test helpers of that commit.
"""

import base64
import json
import socket
import tarfile
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aircher_wire.frames import Decoder, Frame, Notification, Request, Response
from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.ipc_requests import ask, chats
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator as open_simulator

FIXTURE = Path(__file__).with_name("home-7474c26.tar.gz")
KEYS = {
    "openai": ["canary-old-work-0123456789abcdef", "canary-old-second-0123456789abcdef"],
    "anthropic": ["canary-old-spare-0123456789abcdef"],
}
MOVED = ("config.toml", "keys.json", "cooldowns.json", "list-work.json", "list-spare.json")
"""The files that have the simulator's URL in them."""


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """Simulated providers that accept the old home's keys."""
    with open_simulator() as running:
        for vendor, keys in KEYS.items():
            for key in keys:
                running.keys.accept(vendor, key)
        yield running


@pytest.fixture
def no_lists(sim: Simulator) -> None:
    """No provider lists its models. Ask for it before `old`: a daemon renews old lists at once."""
    sim.faults.add(Fault("error", error="server", endpoint="models", times=None))


@pytest.fixture
def old(sim: Simulator) -> Iterator[Home]:
    """The old home, opened by today's daemon."""
    with open_home() as made:
        unpack(made.root)
        url = (made.root / "simulator.txt").read_text()
        for path in made.root.rglob("*"):
            if path.name in MOVED:
                path.write_text(path.read_text().replace(url, sim.url))
        cooldowns = made.data / "cooldowns.json"
        content = json.loads(cooldowns.read_text()) | {"written_at": time.time()}
        cooldowns.write_text(json.dumps(content))
        made.start()
        yield made


def unpack(folder: Path) -> None:
    with tarfile.open(FIXTURE) as archive:
        for member in archive:
            path = folder / member.name
            if content := archive.extractfile(member):
                path.write_bytes(content.read())
                path.chmod(member.mode)
            else:
                path.mkdir(member.mode)


def rows(old: Home, method: str, name: str, **params: object) -> list[dict[str, Any]]:
    with old.client() as client:
        found: list[dict[str, Any]] = client.call(method, params)[name]
    return found


def test_the_configuration_is_valid(old: Home) -> None:
    """It has every section, and all of them are in effect."""
    with old.client() as client:
        status = client.call("status")
        assert (status["config"]["ok"], status["default"]["model"]) == (True, "chain")
        assert client.call("config.reload")["changed"] is False
    assert [row["limit"] for row in rows(old, "limits.status", "limits")] == [
        "work: 5.00 USD a month",
        "client nightly-report: 20 requests a minute",
    ]


def test_stored_keys_are_signed_in_and_used(old: Home, sim: Simulator) -> None:
    """The credentials file and its index are read."""
    found = rows(old, "auth.status", "rows")
    stored = [row for row in found if row["provider"] in {"work", "spare"}]
    assert {(row["provider"], row.get("key")) for row in stored} == {
        ("work", "default"),
        ("work", "second"),
        ("spare", "default"),
    }
    assert {row["state"] for row in stored} <= {"authenticated", "unverified"}
    with old.client() as client:
        assert ask(client)["attempts"][0]["key"] == "default"
    assert [each.key for each in chats(sim)] == [KEYS["openai"][0]]


def test_old_attempts_are_in_the_usage_report(old: Home) -> None:
    """With their outcomes, and their exact cost."""
    found = rows(old, "usage.report", "rows", by=["provider", "outcome"])
    counts = {(row["provider"], row["outcome"]): row["requests"] for row in found}
    assert counts == {("work", "ok"): 5, ("spare", "rate_limited"): 1}
    assert sum(Decimal(row["cost"]) for row in found) == Decimal("0.0002875")


def test_an_old_cooldown_still_blocks_its_key(old: Home, sim: Simulator) -> None:
    """The provider is skipped with the reason, and not called."""
    with old.client() as client:
        answer = ask(client, model="careful")
    (skipped,) = answer["skipped"]
    assert (skipped["provider"], skipped["reason"]) == ("spare", "rate_limited")
    assert skipped["until"] > time.time() + 10_000
    assert chats(sim, "anthropic") == []


@pytest.mark.usefixtures("no_lists")
def test_old_model_lists_are_known(old: Home) -> None:
    """Moved to the cache, they are listed with their date when the provider cannot be queried."""
    moved = old.root / ".cache" / "aircher" / "catalog"
    before = json.loads((moved / "list-spare.json").read_text())
    with old.client() as client:
        found = client.call("models.list", {"provider": "spare"})
    assert {model["id"] for model in before["models"]} <= {row["model"] for row in found["models"]}
    assert found["lists"][0]["fetched_at"] == before["fetched_at"]


def test_requests_of_the_old_client_get_answers_of_the_same_shape(old: Home) -> None:
    """Its recorded bytes are sent again; every field of the old answers has the same type."""
    transcript = json.loads((old.root / "transcript.json").read_text())
    differences = [
        difference
        for entry in transcript
        for difference in compare(
            entry["name"],
            decode(base64.b64decode(entry["received"])),
            replay(old, base64.b64decode(entry["sent"])),
        )
    ]
    assert differences == []


# ------------------------------------------------------------------ replaying


def decode(data: bytes) -> list[Frame]:
    return Decoder().feed(data)


def replay(old: Home, sent: bytes) -> list[Frame]:
    """Send the bytes, and return the frames up to the last response."""
    waiting = {frame.msgid for frame in decode(sent) if isinstance(frame, Request)}
    decoder, received = Decoder(), list[Frame]()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(str(old.socket))
        sock.sendall(sent)
        while waiting:
            new = decoder.feed(sock.recv(65_536))
            waiting -= {frame.msgid for frame in new if isinstance(frame, Response)}
            received += new
    return received


def compare(name: str, before: list[Frame], after: list[Frame]) -> Iterator[str]:
    """Yield what the frames in `after` lack of those in `before`."""
    now = {_id(frame): frame for frame in after}
    for frame in before:
        path, found = f"{name}: {_id(frame)}", now.get(_id(frame))
        if found is None:
            yield f"{path} is missing"
        elif isinstance(frame, Response) and isinstance(found, Response):
            yield from lacks(frame.error, found.error, f"{path} error")
            yield from lacks(frame.result, found.result, f"{path} result")
        elif isinstance(frame, Notification) and isinstance(found, Notification):
            yield from lacks(frame.params, found.params, path)


def _id(frame: Frame) -> tuple[object, ...]:
    if isinstance(frame, Notification):
        return (frame.method, frame.params.get("type"))
    return (frame.msgid,)


def lacks(before: object, after: object, path: str) -> Iterator[str]:
    """Yield the paths at which `after` has no value of the same type as `before`."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key, value in before.items():
            if key in after:
                yield from lacks(value, after[key], f"{path}.{key}")
            elif key != "hint":  # advice, which is given once
                yield f"{path}.{key} is missing"
    elif isinstance(before, list) and isinstance(after, list):
        is_longer = path.endswith(".features") and before == after[: len(before)]
        if len(before) != len(after) and not is_longer:
            yield f"{path} has {len(after)} items, not {len(before)}"
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from lacks(one, other, f"{path}[{number}]")
    elif _kind(before) is not _kind(after):
        yield f"{path} is {after!r}, not {before!r}"


def _kind(value: object) -> type:
    return float if type(value) is int else type(value)
