"""The OS keyring as a store: the parent process of `keyring_child`.

Every operation runs one short-lived child process, which is killed after three seconds, not
counting the time that it waited for a processor. A keyring that does not answer is unreachable, and
so is one whose child cannot be started or fails: only the child's own word says that there is no
keyring. If the keyring becomes available later, the next child finds it.

Operations may be concurrent. Reads and changes share a few children; the time spent waiting for a
free child does not count towards the timeout. Probes are separate and shared: one runs at a time,
and its result is reused for a second.
"""

import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import trio

from aircherd.auth.secret_process import run_secret_process
from aircherd.auth.stores.base import (
    KeyId,
    KeyMissing,
    KeyUnreadable,
    ReadResult,
    StoreHealth,
    StoreState,
)
from aircherd.auth.stores.keyring_files import find_keyring_file
from aircherd.auth.stores.session_bus import (
    BUS_VARIABLE,
    DISABLED,
    bus_addresses,
    client_addresses,
)
from aircherd.auth.variables.child_environment import keyring_environment
from aircherd.errors import KeyringLocked
from aircherd.installation import INSTALLATION
from aircherd.vocabulary.secret import Secret

KEYRING_SECONDS = 3.0
"""The timeout of a child, from its start; the GitHub CLI uses the same."""
MAX_CHILDREN = 2
"""For reads and changes. `CredentialStore` and `KeyCache` run one of each at a time."""
PROBE_VALID_SECONDS = 1.0
MAX_ANSWER = 4 * 1024 * 1024
MAX_CLIENT_BUSES = 4
"""Of the clients that connected last."""

# -P: nothing is imported from the daemon's current directory.
CHILD = (sys.executable, "-P", "-m", "aircherd.auth.stores.keyring_child")

_child_source: list[str] = []
"""The text of the child's module, once `keep_child_source` has read it."""

Operation = Literal["probe", "describe", "read", "write", "delete"]


def keep_child_source() -> None:
    """Keep the text of the child's module, for when the installation is gone.

    Raises:
        OSError: it is gone already.
    """
    source = Path(__file__).with_name("keyring_child.py").read_text(encoding="utf-8")
    _child_source[:] = [source]


def child_command() -> Sequence[str]:
    """Return the child's command; without its file, the text that was kept is run."""
    if _child_source and INSTALLATION.problem():
        return (sys.executable, "-P", "-c", _child_source[0])
    return CHILD


class _Answer(msgspec.Struct):
    state: StoreHealth
    reason: str | None = None
    values: list[str | None] = []
    backend: str | None = None
    bus: str | None = None

    @property
    def store_state(self) -> StoreState:
        return StoreState(self.state, self.reason or None)


class KeyringDetails(msgspec.Struct, frozen=True):
    """The keyring for a diagnosis.

    `backend` is the name of its backend, None if there is none; `bus` the address of the session
    bus that answered, or else the one that the daemon's environment names.
    """

    state: StoreState
    backend: str | None = None
    bus: str | None = None


class KeyringStore:
    """Keys in the keyring, under one service name, with `provider/label` as the user name."""

    name = "keyring"

    def __init__(
        self,
        environ: Mapping[str, str],
        service: str,
        *,
        command: Sequence[str] | None = None,
        seconds: float = KEYRING_SECONDS,
    ) -> None:
        self._environ = dict(environ)
        self._service = service
        self._command = command
        self._seconds = seconds
        self._children = trio.CapacityLimiter(MAX_CHILDREN)
        self._probing = trio.Lock()
        self._probed: StoreState | None = None
        self._probed_at = -math.inf  # on trio's clock
        self._client_buses: tuple[str, ...] = ()

    async def probe(self, *, fresh: bool = False) -> StoreState:
        """Return whether there is a keyring and whether it is unlocked.

        Concurrent callers share one probe, and its result is valid for a second; a caller that
        acts on the result needs a `fresh` one.
        """
        async with self._probing:
            age = trio.current_time() - self._probed_at
            if fresh or self._probed is None or age >= PROBE_VALID_SECONDS:
                self._probed = (await self._call("probe", ())).store_state
                self._probed_at = trio.current_time()
            return self._probed

    def note_bus(self, named: str) -> bool:
        """Look for the keyring on the bus of a client, too; return whether that is a new place.

        `named` is what the client has in `DBUS_SESSION_BUS_ADDRESS`. It is tried after the others.
        """
        if not (known := self._buses()):
            return False  # the user said that there is no bus
        new = [each for each in client_addresses(named) if each not in known]
        self._client_buses = (*new, *self._client_buses)[:MAX_CLIENT_BUSES]
        if new:
            self._probed = None
        return bool(new)

    def _buses(self) -> tuple[str, ...]:
        return (*bus_addresses(self._environ, os.getuid()), *self._client_buses)

    async def describe(self) -> KeyringDetails:
        """Return the state of the keyring, its backend and its bus."""
        answer = await self._call("describe", ())
        named = self._environ.get(BUS_VARIABLE) or None
        bus = answer.bus or (None if named == DISABLED else named)
        return KeyringDetails(answer.store_state, answer.backend, bus)

    async def read_all(self, key_ids: Sequence[KeyId]) -> dict[KeyId, ReadResult]:
        """Read several keys with one child."""
        if not key_ids:
            return {}
        async with self._children:
            answer = await self._call("read", key_ids)
        if answer.state is StoreHealth.USABLE and len(answer.values) != len(key_ids):
            answer = _Answer(
                StoreHealth.UNREACHABLE, "its helper process returned an invalid answer"
            )
        if answer.state is not StoreHealth.USABLE:
            return dict.fromkeys(key_ids, KeyUnreadable(answer.store_state))
        found = [KeyMissing() if value is None else Secret(value) for value in answer.values]
        return dict(zip(key_ids, found, strict=True))

    async def write(self, key_id: KeyId, secret: Secret) -> None:
        """Store a key.

        Raises:
            KeyringLocked: the keyring is locked, cannot be reached, or is missing.
        """
        async with self._children:
            _require_usable(await self._call("write", (key_id,), secret))

    async def delete(self, key_id: KeyId) -> None:
        """Remove a key; a missing one is not an error.

        Raises:
            KeyringLocked: the keyring is locked, cannot be reached, or is missing.
        """
        async with self._children:
            _require_usable(await self._call("delete", (key_id,)))

    async def _call(
        self, operation: Operation, key_ids: Sequence[KeyId], secret: Secret | None = None
    ) -> _Answer:
        request = {
            "op": operation,
            "service": self._service,
            "usernames": [str(key_id) for key_id in key_ids],
            "buses": self._buses(),
        }
        if secret is not None:
            request["secret"] = secret.reveal()
        try:
            result = await run_secret_process(
                self._command or child_command(),
                environ=keyring_environment(self._environ),
                stdin=msgspec.json.encode(request),
                seconds=self._seconds,
                max_output=MAX_ANSWER,
            )
        except OSError as error:
            return self._failed(f"its helper process cannot be run: {error.strerror}")
        if result.is_late:
            reason = (
                f"it did not answer within {self._seconds:g} s; it may be waiting for an answer of "
                "yours in a window"
            )
            return _Answer(StoreHealth.UNREACHABLE, reason)
        answer = _decode(result.output)
        if answer is None:
            return self._failed(f"its helper process failed (exit status {result.status})")
        if answer.state is StoreHealth.UNREACHABLE:
            return self._failed(str(answer.reason), answer)
        if answer.state is StoreHealth.UNAVAILABLE and (file := self._find_trace()):
            reason = f"{answer.reason}, but there is a keyring ({file})"
            return self._failed(reason, answer)
        return answer

    def _failed(self, reason: str, answer: _Answer | None = None) -> _Answer:
        """Return that the keyring cannot be reached, and why: without our files nothing works."""
        problem = INSTALLATION.problem()
        answer = answer or _Answer(StoreHealth.UNREACHABLE)
        return msgspec.structs.replace(
            answer, state=StoreHealth.UNREACHABLE, reason=problem[1] if problem else reason
        )

    def _find_trace(self) -> Path | None:
        """Return a file of the user's keyring, unless the user said that there is none."""
        is_denied = not self._buses() or self._environ.get("PYTHON_KEYRING_BACKEND")
        return None if is_denied else find_keyring_file(self._environ)

    def __repr__(self) -> str:
        return f"<KeyringStore {self._service!r}>"


def _require_usable(answer: _Answer) -> None:
    if answer.state is not StoreHealth.USABLE:
        raise KeyringLocked(f"the keyring cannot be used: {answer.reason}")


def _decode(output: bytes) -> _Answer | None:
    """Return None for an invalid answer; the decoder's error may quote keys and is dropped."""
    try:
        return msgspec.json.decode(output, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
