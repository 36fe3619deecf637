"""Read `auth.json`, in which the earlier aircher kept keys, hidden but not encrypted.

Byte `i` of a key is stored as `byte ^ (i % 256) ^ 0xAA` in two hex digits. The old reader dropped a
last odd digit, skipped what is no hex, and made an empty key of what is no UTF-8. A key that it
would have garbled is reported here instead.
"""

import json
import re
from dataclasses import dataclass, field

from aircher_cli.commands.migrate.notes import Note, problem
from aircher_cli.commands.migrate.plan.vendors import RENAMED
from aircher_cli.commands.migrate.secret_shapes import key_problem, safe

_MASK = 0xAA
_HEX = re.compile(r"[0-9A-Fa-f]*")
_PAIR = re.compile(r'"((?:[^"\\]|\\.){0,200})"\s*:\s*"([0-9A-Fa-f]*)"')
_OAUTH = "_oauth_token"

REPLACED = "\ufffd"
"""Stands for bytes that were not UTF-8."""

_ASK_AGAIN = "store it again: aircher-cli auth login"


@dataclass(frozen=True)
class OldKey:
    """A key from an old file; `provider` is the name there.

    `base_url` is where a configuration that is not used sends it; None means where the one that is
    used does.
    """

    provider: str
    value: str = field(repr=False)
    file: str
    base_url: str | None = None


@dataclass
class OldKeys:
    """The keys of one file. `lost` are providers with a key that could not be decoded."""

    keys: list[OldKey] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def encode(key: str) -> str:
    """Return a key as the earlier aircher stored it; for tests."""
    return bytes(b ^ (i % 256) ^ _MASK for i, b in enumerate(key.encode())).hex()


def decode(stored: str) -> str:
    """Return the key; a last odd digit is dropped, as the earlier aircher did.

    Raises:
        ValueError: it is not hex, or the key is not UTF-8. The message contains no part of it.
    """
    if not _HEX.fullmatch(stored):
        raise ValueError("is not in hex digits")
    data = bytes.fromhex(stored[: len(stored) // 2 * 2])
    try:
        return bytes(b ^ (i % 256) ^ _MASK for i, b in enumerate(data)).decode()
    except UnicodeDecodeError:
        pass  # its message quotes the key
    raise ValueError("does not decode to text")


def read_auth_json(data: bytes, file: str) -> OldKeys:
    """Read a file; of a damaged one, the keys that are complete."""
    found = OldKeys()
    if not data.strip():
        found.notes.append(Note("hint", "", "is empty: there are no keys in it", file))
        return found
    text = _decode_text(data, file, found)
    for name, stored in _entries(text, file, found).items():
        _read_entry(name, stored, file, found)
    return found


def _decode_text(data: bytes, file: str, found: OldKeys) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found.notes.append(problem("", "is not UTF-8 in this line", file, line))
    return data.decode("utf-8-sig", errors="replace")


def _entries(text: str, file: str, found: OldKeys) -> dict[str, object]:
    """Return the entries of `keys`, by provider."""
    try:
        document = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        return _salvage(text, file, line, found)
    except RecursionError:
        return _salvage(text, file, 1, found)
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, dict):
        found.notes.append(problem("", 'has no "keys": it is no list of keys', file))
        return {}
    if (version := document.get("version")) != 1:
        shown = version if isinstance(version, int) else "none"
        message = f"its version is {shown}, not 1; its keys were read as usual"
        found.notes.append(Note("hint", "version", message, file))
    if not keys:
        found.notes.append(Note("hint", "", "has no keys in it", file))
    return keys


def _salvage(text: str, file: str, line: int, found: OldKeys) -> dict[str, object]:
    """Return the entries of a damaged file that are complete: a name, and digits in quotes."""
    _, _, rest = text.partition('"keys"')
    entries: dict[str, object] = dict(_PAIR.findall(rest))
    some = "the keys that are complete were read" if entries else "no key in it is complete"
    message = f"is damaged or cut off; {some}. For the others, {_ASK_AGAIN} PROVIDER"
    found.notes.append(problem("", message, file, line))
    found.lost.append("(unknown)")
    return entries


def _read_entry(name: str, stored: object, file: str, found: OldKeys) -> None:
    subject = f"key of {safe(name)}"
    if name.endswith(_OAUTH):
        provider = safe(name.removesuffix(_OAUTH))
        message = f"this program has no login in the browser: use an API key of {provider}"
        found.notes.append(Note("no_counterpart", f"{provider}{_OAUTH}", message, file))
        return
    if REPLACED in name:
        message = f"has a name that is not UTF-8; {_ASK_AGAIN} PROVIDER"
        found.notes.append(problem(subject, message, file))
        found.lost.append(name)
        return
    reason = None if isinstance(stored, str) else "is not text"
    key = ""
    if isinstance(stored, str):
        try:
            key = decode(stored).strip()
        except ValueError as error:
            reason = str(error)
    if reason is None and not key:
        found.notes.append(Note("hint", subject, "is empty: none was stored", file))
        return
    if reason is None and (bad := key_problem(key)):
        reason = f"cannot be a key: {bad}"
    if reason is not None:
        new_name = RENAMED.get(name, safe(name))
        found.notes.append(problem(subject, f"{reason}; {_ASK_AGAIN} {new_name}", file))
        found.lost.append(name)
        return
    if len(str(stored)) % 2:
        message = (
            "has an odd number of hex digits; the last one was dropped, as the earlier aircher "
            "did. Check the key: aircher-cli auth test"
        )
        found.notes.append(Note("hint", subject, message, file))
    found.keys.append(OldKey(name, key, file))
