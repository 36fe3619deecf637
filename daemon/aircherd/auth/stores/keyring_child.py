"""The child process that calls the OS keyring, and the only module that imports `keyring`.

Keyring calls block, may hang forever, and need libraries that the daemon should not load. So they
run here: one JSON request on standard input, one JSON answer on standard output.

    request  {"op": "probe" | "describe" | "read" | "write" | "delete", "service",
              "usernames": [...], "secret"?}
    answer   {"state": "usable" | "locked" | "unavailable", "reason"?, "values"?: [str | null, ...],
              "backend"?: its name, for "describe"}

It guarantees two things. It never prompts: a locked keyring is reported, and no collection is
created. It never writes plaintext: only the backends in `BACKENDS` are used, by name, so neither a
configuration file nor a plug-in can add another one (`keyrings.alt` silently stores base64).
"""

import contextlib
import ctypes
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from typing import Any

BACKENDS = (
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.macOS.Keyring",
    "keyring.backends.Windows.WinVaultKeyring",
)
"""The backends that encrypt."""

BACKEND_VARIABLE = "PYTHON_KEYRING_BACKEND"
"""keyring's own variable; a backend that is not in `BACKENDS` is refused with a message."""

LAST_RESORT_SECONDS = 10
"""Ends the child if its parent was killed; otherwise the parent kills it much earlier."""

_PR_SET_DUMPABLE = 4

NO_COLLECTION = (
    "there is no default collection; create one with the desktop's keyring application (for "
    "example Seahorse: File > New > Password Keyring)"
)
LOCKED = "it is locked; unlock it with the desktop's keyring application or by logging in"


class Locked(Exception):
    """There is a keyring, but it is locked; unlocking it would prompt."""


class Unavailable(Exception):
    """There is no usable keyring; the message says why."""


def answer(request: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Carry out `request` and return the answer. Raises nothing."""
    if request["op"] == "describe":
        return {**answer({**request, "op": "probe"}, environ), "backend": backend_name(environ)}
    try:
        return {"state": "usable", "values": _perform(request, open_keyring(environ))}
    except Locked as error:
        return {"state": "locked", "reason": str(error)}
    except Unavailable as error:
        return {"state": "unavailable", "reason": str(error)}
    # The edge of the process: a backend may raise anything. Only the error's type is reported,
    # because its text may quote the secret.
    except Exception as error:  # noqa: BLE001
        return {"state": "unavailable", "reason": f"its library failed ({type(error).__name__})"}


def open_keyring(environ: Mapping[str, str]) -> Any:
    """Return the allowed backend with the highest priority, ready for use.

    Raises:
        Locked: it would prompt.
        Unavailable: there is none.
    """
    backend_class = _choose_backend(environ)
    return PREPARE.get(backend_class.__module__, _unprepared)(backend_class)


def backend_name(environ: Mapping[str, str]) -> str | None:
    """Return the name of the backend that is used, None if there is none."""
    try:
        return str(_choose_backend(environ).__module__).rpartition(".")[2]
    except (Unavailable, OSError):  # the socket of the bus may be gone
        return None


def _choose_backend(environ: Mapping[str, str]) -> Any:
    """Return the class of the allowed backend with the highest priority.

    Raises:
        Unavailable: there is none.
    """
    reasons: list[str] = []
    found: list[tuple[float, Any]] = []
    for name in _allowed_backends(environ):
        try:
            backend_class = _load(name)
            found.append((backend_class.priority, backend_class))
        except (ImportError, AttributeError, RuntimeError) as error:
            reasons.append(str(error))
    if not found:
        raise Unavailable(reasons[0] if reasons else "no keyring is supported on this system")
    return max(found, key=lambda pair: pair[0])[1]


def _allowed_backends(environ: Mapping[str, str]) -> tuple[str, ...]:
    choice = environ.get(BACKEND_VARIABLE)
    if not choice:
        return BACKENDS
    if choice not in BACKENDS:
        raise Unavailable(
            f"{BACKEND_VARIABLE} names a backend that aircher refuses, because it may store keys "
            f"unencrypted; allowed are {', '.join(BACKENDS)}"
        )
    return (choice,)


def _load(name: str) -> Any:
    module, _, class_name = name.rpartition(".")
    return getattr(importlib.import_module(module), class_name)


# ------------------------------------------------------------------ preventing prompts


def _unprepared(backend_class: Any) -> Any:
    return backend_class()


def _secret_service(backend_class: Any) -> Any:
    """Return keyring's Secret Service backend, changed so that it never prompts.

    keyring calls `unlock()`, which prompts and waits without a timeout, and creates a missing
    default collection, which prompts, too.
    """
    secretstorage = importlib.import_module("secretstorage")

    class NeverPrompts(backend_class):  # type: ignore[misc]  # a base class known only at run time
        def get_preferred_collection(self) -> Any:
            with contextlib.ExitStack() as stack:
                connection = stack.enter_context(contextlib.closing(secretstorage.dbus_init()))
                try:
                    collection = secretstorage.Collection(connection)
                except secretstorage.ItemNotFoundException:
                    raise Unavailable(NO_COLLECTION) from None
                self.unlock(collection)
                stack.pop_all()  # the caller closes it with the collection
            return collection

        def unlock(self, collection_or_item: Any) -> None:
            if collection_or_item.is_locked():
                raise Locked(LOCKED)

    backend = NeverPrompts()
    try:
        with contextlib.closing(backend.get_preferred_collection().connection):
            return backend
    except secretstorage.SecretServiceNotAvailableException:
        raise Unavailable("the Secret Service does not answer on the session bus") from None


def _kwallet(backend_class: Any) -> Any:
    """Return keyring's KWallet backend if the wallet is open; opening it would prompt."""
    bus = importlib.import_module("dbus").SessionBus()

    def call(method: str, signature: str, *arguments: object) -> Any:
        # A raw call, because introspection cannot distinguish the overloads of `isOpen`.
        return bus.call_blocking(
            backend_class.bus_name,
            backend_class.object_path,
            "org.kde.KWallet",
            method,
            signature,
            arguments,
        )

    if not call("isOpen", "s", call("networkWallet", "")):
        raise Locked("the wallet is closed; open it with KWalletManager")
    return backend_class()


PREPARE = {
    "keyring.backends.SecretService": _secret_service,
    "keyring.backends.kwallet": _kwallet,
}
"""Prepares a backend for use; the other backends never prompt."""


# ------------------------------------------------------------------ the operations


def _perform(request: Mapping[str, Any], keyring: Any) -> list[str | None]:
    service, usernames = request["service"], request["usernames"]
    match request["op"]:
        case "read":
            return [keyring.get_password(service, name) for name in usernames]
        case "write":
            for name in usernames:
                _write(keyring, service, name, request["secret"])
        case "delete":
            for name in usernames:
                if keyring.get_password(service, name) is not None:
                    keyring.delete_password(service, name)
    return []


def _write(keyring: Any, service: str, username: str, secret: str) -> None:
    keyring.set_password(service, username, secret)
    if keyring.get_password(service, username) != secret:
        # KWallet reports errors as return codes, which its backend ignores.
        raise Unavailable("the stored key could not be read back")


def harden() -> None:
    """Disable core dumps, and protect memory and environment from the user's other processes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def main() -> None:
    """Answer one request."""
    harden()
    signal.alarm(LAST_RESORT_SECONDS)
    json.dump(answer(json.load(sys.stdin), os.environ), sys.stdout)


if __name__ == "__main__":
    main()
