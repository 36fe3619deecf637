"""The OS keyring as a store: the parent's side of `keyring_child`.

Every operation is one short-lived child. It is killed after three seconds: a keyring that does not
answer is as good as locked (most often it is, and waits for someone at a screen). When the keyring
appears later, the next child simply finds it.

Many may ask at once. Reads and changes share a few children; waiting for one says nothing about the
keyring, so it does not count. Looks at the keyring (`probe`) are apart from them, and shared: one
runs at a time, and what it brings serves all who ask within a second.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import trio

from aircherd.auth.secret_process import run_child
from aircherd.auth.stores.base import (
    Found,
    KeyId,
    KeyMissing,
    KeyUnreadable,
    StoreHealth,
    StoreState,
)
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret

KEYRING_SECONDS = 3.0
"""What gh gives it, too; counted from the child's start."""
MAX_CHILDREN = 2
"""For reads and changes: `credentials` and `reader` do one of each at a time, so the wait is short."""
PROBE_SERVES_SECONDS = 1.0
MAX_ANSWER = 4 * 1024 * 1024

# -P: nothing is imported from the directory the daemon happens to run in.
CHILD = (sys.executable, "-P", "-m", "aircherd.auth.stores.keyring_child")

Operation = Literal["probe", "read", "write", "delete"]


class _Answer(msgspec.Struct):
    state: StoreHealth
    reason: str | None = None
    values: list[str | None] = []


class KeyringStore:
    """Keys in the keyring, under one service name, as user `provider/label`."""

    name = "keyring"

    def __init__(
        self,
        environ: Mapping[str, str],
        service: str,
        *,
        command: Sequence[str] = CHILD,
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

    async def probe(self, *, fresh: bool = False) -> StoreState:
        """Look whether there is a keyring and whether it is open.

        Of all who ask at once one looks, and its answer is kept for a second; whoever is going to
        act on it asks for a `fresh` one.
        """
        async with self._probing:
            age = trio.current_time() - self._probed_at
            if fresh or self._probed is None or age >= PROBE_SERVES_SECONDS:
                self._probed = _state(await self._ask("probe", ()))
                self._probed_at = trio.current_time()
            return self._probed

    async def read_all(self, entries: Sequence[KeyId]) -> dict[KeyId, Found]:
        """Read all keys with one child."""
        if not entries:
            return {}
        async with self._children:
            answer = await self._ask("read", entries)
        if answer.state is StoreHealth.USABLE and len(answer.values) != len(entries):
            answer = _Answer(StoreHealth.UNAVAILABLE, "its helper process answered nonsense")
        if answer.state is not StoreHealth.USABLE:
            return dict.fromkeys(entries, KeyUnreadable(_state(answer)))
        found = [KeyMissing() if value is None else Secret(value) for value in answer.values]
        return dict(zip(entries, found, strict=True))

    async def write(self, entry: KeyId, secret: Secret) -> None:
        """Store a key.

        Raises:
            KeyringLocked: the keyring is locked, hangs or is not there.
        """
        async with self._children:
            _demand_usable(await self._ask("write", (entry,), secret))

    async def delete(self, entry: KeyId) -> None:
        """Remove a key; one that is not there is no error.

        Raises:
            KeyringLocked: the keyring is locked, hangs or is not there.
        """
        async with self._children:
            _demand_usable(await self._ask("delete", (entry,)))

    async def _ask(
        self, operation: Operation, entries: Sequence[KeyId], secret: Secret | None = None
    ) -> _Answer:
        request = {
            "op": operation,
            "service": self._service,
            "usernames": [str(entry) for entry in entries],
        }
        if secret is not None:
            request["secret"] = secret.reveal()
        try:
            with trio.fail_after(self._seconds):
                return await self._run(msgspec.json.encode(request))
        except trio.TooSlowError:
            late = f"it did not answer within {self._seconds:g} s; it may be waiting for an unlock"
            return _Answer(StoreHealth.LOCKED, late)

    async def _run(self, request: bytes) -> _Answer:
        try:
            result = await run_child(
                self._command,
                environ=child_environment(self._environ),
                given=request,
                seconds=math.inf,  # our caller keeps the time
                max_output=MAX_ANSWER,
            )
        except OSError as error:
            reason = f"its helper process cannot be started: {error.strerror}"
            return _Answer(StoreHealth.UNAVAILABLE, reason)
        failed = f"its helper process failed (exit status {result.status})"
        return _decode(result.output) or _Answer(StoreHealth.UNAVAILABLE, failed)

    def __repr__(self) -> str:
        return f"<KeyringStore {self._service!r}>"


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the child's environment: ours, with the session bus where it always is.

    A shell that came in by ssh or cron has no DBUS_SESSION_BUS_ADDRESS, while the user's bus and
    the keyring on it are running. libdbus looks there too, the library we use does not.
    """
    known = dict(environ)
    if "DBUS_SESSION_BUS_ADDRESS" not in known and (runtime := known.get("XDG_RUNTIME_DIR")):
        bus = Path(runtime, "bus")
        if bus.is_socket():
            known["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={bus}"
    return known


def _state(answer: _Answer) -> StoreState:
    return StoreState(answer.state, answer.reason)


def _demand_usable(answer: _Answer) -> None:
    if answer.state is not StoreHealth.USABLE:
        raise KeyringLocked(f"the keyring cannot be used: {answer.reason}")


def _decode(output: bytes) -> _Answer | None:
    """Return None for what is not an answer; the decoder's error stays here, it knows the text."""
    try:
        return msgspec.json.decode(output, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
