"""The process that talks to the OS keyring, and the only file that imports `keyring`.

Keyring calls block, may hang for ever, and bring libraries that a daemon need not carry. So they
run here: one JSON request on standard input, one JSON answer on standard output, and the end.

    request  {"op": "probe" | "read" | "write" | "delete", "service", "usernames": [...], "secret"?}
    answer   {"state": "usable" | "locked" | "unavailable", "reason"?, "values"?: [str | null, ...]}

Two promises. It never prompts: a locked keyring is reported, and no collection is created. It never
writes plaintext: only the backends of `BACKENDS` are used, by name, so neither a configuration file
nor an installed plug-in (`keyrings.alt` stores base64 without a word) can slip in another one.
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
"""Those that encrypt."""

CHOICE = "PYTHON_KEYRING_BACKEND"
"""keyring's own variable; whoever names another backend in it gets none, and is told."""

LAST_RESORT_SECONDS = 10
"""The parent kills a late child long before; this ends it when the parent itself was killed."""

_PR_SET_DUMPABLE = 4

NO_COLLECTION = (
    "there is no default collection; create one with the desktop's keyring application (for "
    "example Seahorse: File > New > Password Keyring)"
)
LOCKED = "it is locked; unlock it with the desktop's keyring application or by logging in"


class Locked(Exception):
    """The keyring is there, but closed; opening it would prompt."""


class Unavailable(Exception):
    """There is no keyring that may be used; the message says why."""


def answer(request: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Do what `request` asks, and say how it went. Raises nothing."""
    try:
        return {"state": "usable", "values": _perform(request, open_keyring(environ))}
    except Locked as error:
        return {"state": "locked", "reason": str(error)}
    except Unavailable as error:
        return {"state": "unavailable", "reason": str(error)}
    # The edge of the process: backends raise whatever their platform does. Only the error's name
    # goes out, its text might quote what was to be stored.
    except Exception as error:  # noqa: BLE001
        return {"state": "unavailable", "reason": f"its library failed ({type(error).__name__})"}


def open_keyring(environ: Mapping[str, str]) -> Any:
    """Return the best allow-listed backend that works here, open and ready.

    Raises:
        Locked: it would have to prompt.
        Unavailable: there is none.
    """
    reasons: list[str] = []
    found: list[tuple[float, Any]] = []
    for name in _wanted(environ):
        try:
            backend_class = _load(name)
            found.append((backend_class.priority, backend_class))
        except (ImportError, AttributeError, RuntimeError) as error:
            reasons.append(str(error))
    if not found:
        raise Unavailable(reasons[0] if reasons else "no keyring is known for this system")
    backend_class = max(found, key=lambda pair: pair[0])[1]
    return PREPARE.get(backend_class.__module__, _as_it_is)(backend_class)


def _wanted(environ: Mapping[str, str]) -> tuple[str, ...]:
    choice = environ.get(CHOICE)
    if not choice:
        return BACKENDS
    if choice not in BACKENDS:
        raise Unavailable(
            f"{CHOICE} names a backend that aircher does not use, because it may store keys "
            f"unencrypted; used are {', '.join(BACKENDS)}"
        )
    return (choice,)


def _load(name: str) -> Any:
    module, _, class_name = name.rpartition(".")
    return getattr(importlib.import_module(module), class_name)


# ------------------------------------------------------------------ making sure nothing prompts


def _as_it_is(backend_class: Any) -> Any:
    return backend_class()


def _secret_service(backend_class: Any) -> Any:
    """Return keyring's own Secret Service backend, with every way to a prompt taken out.

    keyring calls `unlock()`, which prompts and waits without a deadline, and where there is no
    default collection it creates one, which prompts as well.
    """
    secretstorage = importlib.import_module("secretstorage")

    class NeverPrompts(backend_class):  # type: ignore[misc]  # the base is known at run time only
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
    """Return keyring's KWallet backend if the wallet is open: opening it would prompt."""
    bus = importlib.import_module("dbus").SessionBus()

    def call(method: str, signature: str, *arguments: object) -> Any:
        # Called by hand because `isOpen` is overloaded, which introspection cannot tell apart.
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
"""What must be done before a backend may be used; the others have no prompt of their own."""


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
        # KWallet's errors are return codes that its backend does not look at.
        raise Unavailable("what was stored did not read back")


def harden() -> None:
    """Leave no trace: no core dump, and neither memory nor environment open to other processes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def main() -> None:
    """Answer the one request."""
    harden()
    signal.alarm(LAST_RESORT_SECONDS)
    json.dump(answer(json.load(sys.stdin), os.environ), sys.stdout)


if __name__ == "__main__":
    main()
