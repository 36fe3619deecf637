"""Keeps over a restart which keys a provider accepted, and when: a small file without any key.

A key is recognised by two bytes of a salted hash: enough to notice that it is another one, too
little to find it. A file that is damaged, or from another version, is ignored: the keys are then
not verified until their first use, as after any restart before there was this file. What a crash
loses is verified again likewise.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec
import structlog
import trio

from aircher_wire.atomic_file import read_data
from aircherd.auth import verification
from aircherd.auth.key_sources import KeySource
from aircherd.auth.verification import Verification
from aircherd.files.background_files import BackgroundFiles
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret

SOON = 0.5
"""Seconds between a change and the write: many checks at once are one write."""
MAX_KEYS = 1000
"""A file with more is not ours."""

log = structlog.get_logger()

KnownKey = tuple[KeySource, Secret | None, Verification]
"""A key as it is known now; without a value if it was not read, or cannot be."""


_GONE = (KeyState.REJECTED, KeyState.NOT_CONFIGURED)


class CheckedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that its provider accepted, at a Unix time in seconds."""

    provider: str
    key: str
    origin: str
    mark: str
    checked_at: float
    checked_how: str


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    version: Literal[1] = 1
    salt: str
    keys: list[CheckedKey]


_CONTENT = msgspec.json.Decoder(_Content)


class CheckedKeys:
    """The file at `path`, which `files` writes; without a path nothing is kept."""

    def __init__(self, path: Path | None = None, files: BackgroundFiles | None = None) -> None:
        self._path = path
        self._files = files
        self._salt = os.urandom(16)
        self._keys: dict[tuple[str, str], CheckedKey] = {}
        self._changed = trio.Event()

    def load(self) -> None:
        """Read what was checked before the start."""
        if self._path is None:
            return
        try:
            content = _CONTENT.decode(read_data(self._path))
            salt = bytes.fromhex(content.salt)
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("checked_keys_unreadable", file=str(self._path), reason=error.strerror)
            return
        except (ValueError, RecursionError):
            hint = "ignored: keys are verified again at their first use"
            log.warning("checked_keys_damaged", file=str(self._path), hint=hint)
            return
        if len(salt) == len(self._salt) and len(content.keys) <= MAX_KEYS:
            self._salt = salt
            self._keys = {(each.provider, each.key): each for each in content.keys}

    def restore(self, source: KeySource, secret: Secret) -> Verification | None:
        """Return what was known about this key before the start; None if that is nothing."""
        saved = self._keys.get((source.provider, source.name))
        if saved is None or saved.origin != source.origin or saved.mark != self._mark(secret):
            return None
        return verification.restored(saved.checked_at, saved.checked_how)

    def note_change(self) -> None:
        """The state of a key has changed; it must neither wait nor raise."""
        self._changed.set()

    async def wait_changed(self) -> None:
        """Wait until a state has changed, and a moment for others."""
        await self._changed.wait()
        await trio.sleep(SOON)

    def write(self, known: Iterable[KnownKey]) -> None:
        """Write the keys that were accepted, if they are not those in the file.

        What is known of a key that was not read, such as one in a locked keyring, is kept.

        Args:
            known: every key that there is.
        """
        self._changed = trio.Event()
        keys: dict[tuple[str, str], CheckedKey] = {}
        for source, secret, state in known:
            name = (source.provider, source.name)
            saved = self._keys.get(name)
            if state.state is KeyState.AUTHENTICATED and secret and state.checked_at is not None:
                keys[name] = CheckedKey(
                    provider=source.provider,
                    key=source.name,
                    origin=source.origin,
                    mark=self._mark(secret),
                    checked_at=state.checked_at,
                    checked_how=state.checked_how or "",
                )
            elif saved is not None and secret is None and state.state not in _GONE:
                keys[name] = saved
        if keys == self._keys or self._path is None or self._files is None:
            return
        self._keys = keys
        newest = sorted(keys.values(), key=lambda each: -each.checked_at)[:MAX_KEYS]
        content = _Content(salt=self._salt.hex(), keys=newest)
        self._files.put(self._path, msgspec.json.format(msgspec.json.encode(content), indent=1))

    def _mark(self, secret: Secret) -> str:
        value = secret.reveal().encode()
        return hashlib.blake2b(value, key=self._salt, digest_size=2).hexdigest()

    def __repr__(self) -> str:
        return f"<CheckedKeys: {len(self._keys)} in {self._path}>"
