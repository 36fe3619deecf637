"""What an engine says of itself, for `doctor`: pure.

A user with few rights may not ask for some of it. Then that is not known, and nothing is wrong.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

NO_EVICTION = "noeviction"
MAX_VALUE = 64
"""Characters of what it says that are kept."""


class EngineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An engine that answers; None is not known.

    - `product`: Valkey or Redis, with its `version`. `ms`: how long an answer takes.
    - `skew`: its clock minus ours, in seconds.
    - `policy`: what it removes when its memory is full. `memory`: its bound in bytes, 0: none.
    - `saves`: whether it keeps what it was given over a restart. `is_replica`: it only copies.
    - `user`: the user that we are, and `rights`: what it may do more than is needed, in words.
    - `has_password`: false if that user needs none.
    """

    ms: float
    skew: float
    product: str = "the engine"
    version: str | None = None
    policy: str | None = None
    memory: int | None = None
    saves: bool | None = None
    is_replica: bool | None = None
    user: str | None = None
    rights: str | None = None
    has_password: bool | None = None


def read_info(text: str) -> dict[str, object]:
    """Return what the command INFO tells of an engine: fields of `EngineFacts`."""
    lines = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    info = {name: value.strip()[:MAX_VALUE] for name, _, value in lines}
    found: dict[str, object] = {}
    if version := info.get("valkey_version"):
        found |= {"product": "Valkey", "version": version}
    elif version := info.get("redis_version"):
        found |= {"product": "Redis", "version": version}
    if policy := info.get("maxmemory_policy"):
        found["policy"] = policy
    if info.get("maxmemory", "").isdecimal() and int(info["maxmemory"]) < 2**63:
        found["memory"] = int(info["maxmemory"])
    if "aof_enabled" in info:
        found["saves"] = info["aof_enabled"] == "1"
    if "role" in info:
        found["is_replica"] = info["role"] != "master"
    return found


def read_user(reply: Mapping[bytes, object], namespace: str) -> dict[str, object]:
    """Return what the command ACL GETUSER tells of our user, who may ask for it."""
    flags = {_text(each) for each in cast("Sequence[object]", reply.get(b"flags") or ())}
    keys = _words(reply.get(b"keys"))
    commands = _words(reply.get(b"commands"))
    wide = []
    if "allkeys" in flags or "~*" in keys:
        wide.append(f"all keys, not only those of {namespace!r}")
    if "allcommands" in flags or "+@all" in commands:
        wide.append("all commands, also those that end or change the engine")
    return {"rights": " and ".join(wide) or None, "has_password": "nopass" not in flags}


def _words(value: object) -> list[str]:
    parts = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return [word for part in parts for word in _text(part).split()]


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")
