"""The child process that calls the OS keyring, and the only module that imports its libraries.

Keyring calls block, may hang forever, and need libraries that the daemon should not load. So they
run here: one JSON request on standard input, one JSON answer on standard output.

    request  {"op": "probe" | "describe" | "read" | "write" | "delete", "service",
              "usernames": [...], "buses": [addresses of session buses], "secret"?}
    answer   {"state": "usable" | "locked" | "unreachable" | "unavailable", "reason"?,
              "values"?: [str | null, ...], "backend"?: its name, "bus"?: its address}

It guarantees three things. It never prompts: a locked keyring is reported, and no collection is
created. It never writes plaintext: only the backends in `BACKENDS` are used, by name, so neither a
configuration file nor a plug-in can add another one (`keyrings.alt` silently stores base64). And
`unavailable` means that this machine has no keyring; whatever fails is `unreachable`.
"""

import contextlib
import ctypes
import errno
import importlib
import importlib.util
import json
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Any

SECRET_SERVICE = "keyring.backends.SecretService.Keyring"  # noqa: S105 -- a name
KWALLET = "keyring.backends.kwallet.DBusKeyring"
MACOS = "keyring.backends.macOS.Keyring"
BACKENDS = (SECRET_SERVICE, KWALLET, MACOS)
"""The backends that encrypt. Only the one of this platform is loaded."""

NO_BACKENDS = ("keyring.backends.null.Keyring", "keyring.backends.fail.Keyring")
"""keyring's own way to have no keyring."""

BACKEND_VARIABLE = "PYTHON_KEYRING_BACKEND"
"""keyring's own variable; a backend that is not in `BACKENDS` is refused with a message."""

BUS_VARIABLE = "DBUS_SESSION_BUS_ADDRESS"

APPLICATION = "Python keyring library"
"""An attribute of all items that keyring stores, and one that a replaced item must have."""

LAST_RESORT_SECONDS = 20
"""Ends the child if its parent was killed; otherwise the parent kills it earlier."""

_PR_SET_DUMPABLE = 4

NO_COLLECTION = (
    "there is no default collection; create one with the desktop's keyring application (for "
    "example Seahorse: File > New > Password Keyring; over ssh: see docs/sign-in/index.md)"
)
LOCKED = (
    "it is locked; unlock it with the desktop's keyring application or by logging in "
    "(over ssh: see docs/sign-in/index.md)"
)


class Locked(Exception):
    """There is a keyring, but it is locked; unlocking it would prompt."""


class Unreachable(Exception):
    """There is a keyring, or may be one, and it cannot be used now."""


class Unavailable(Exception):
    """This machine has no keyring; the message says how that is known."""


def answer(request: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Carry out `request` and return the answer. Raises nothing."""
    about: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        try:
            keyring = open_keyring(request.get("buses", ()), environ, about, stack)
            return {"state": "usable", "values": _perform(request, keyring), **about}
        except Locked as error:
            return {"state": "locked", "reason": str(error), **about}
        except Unavailable as error:
            about.pop("backend", None)
            return {"state": "unavailable", "reason": str(error), **about}
        except Unreachable as error:
            return {"state": "unreachable", "reason": str(error), **about}
        # The edge of the process: a library may raise anything. Only the error's type is reported,
        # because its text may quote the secret.
        except Exception as error:  # noqa: BLE001
            reason = f"its library failed ({_kind(error)})"
            return {"state": "unreachable", "reason": reason, **about}
    raise AssertionError("an exit stack without suppressing members")


def _kind(error: BaseException) -> str:
    """Return the type of an error, and of an error of the system its cause."""
    if isinstance(error, OSError) and error.errno:
        return f"{errno.errorcode.get(error.errno, error.errno)}, {os.strerror(error.errno)}"
    return type(error).__name__


def open_keyring(
    buses: Sequence[str],
    environ: Mapping[str, str],
    about: dict[str, Any],
    stack: contextlib.ExitStack,
) -> Any:
    """Return the backend of this platform, ready for use; `about` gets its name and its bus.

    Raises:
        Locked: it would prompt.
        Unreachable: it cannot be used now.
        Unavailable: there is none.
    """
    missing: list[Unavailable] = []
    for name in _backends(environ):
        about["backend"] = name.split(".")[2]
        try:
            if name == KWALLET:
                return _kwallet(buses)
            return _secret_service(buses, about, stack) if name == SECRET_SERVICE else _load(name)()
        except Unavailable as error:
            missing.append(error)
    if environ.get(BACKEND_VARIABLE):
        raise Unreachable(f"{missing[0]}, and {BACKEND_VARIABLE} allows no other")
    raise missing[-1]


def _backends(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the backends to try: one, where dbus-python is not installed, and few have that."""
    choice = environ.get(BACKEND_VARIABLE)
    if choice in NO_BACKENDS:
        raise Unavailable(f"{BACKEND_VARIABLE} says that there is none")
    if choice and choice not in BACKENDS:
        raise Unreachable(
            f"{BACKEND_VARIABLE} names a backend that aircher refuses, because it may store keys "
            f"unencrypted; allowed are {', '.join(BACKENDS)}"
        )
    if choice:
        return (choice,)
    if sys.platform == "darwin":
        return (MACOS,)
    if importlib.util.find_spec("dbus") is None:
        return (SECRET_SERVICE,)
    # As keyring itself chooses.
    is_kde = "KDE" in environ.get("XDG_CURRENT_DESKTOP", "").split(":")
    return (KWALLET, SECRET_SERVICE) if is_kde else (SECRET_SERVICE, KWALLET)


def _load(name: str) -> Any:
    module, _, class_name = name.rpartition(".")
    return getattr(importlib.import_module(module), class_name)


# ------------------------------------------------------------------ the Secret Service


class _Collection:
    """Passwords in a collection that is not locked, with the attributes that keyring uses."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    def get_password(self, service: str, username: str) -> str | None:
        item = self._find(service, username)
        if item is None:
            return None
        if item.is_locked():
            raise Locked(LOCKED)
        return str(item.get_secret().decode())

    def set_password(self, service: str, username: str, password: str) -> None:
        attributes = {"service": service, "username": username, "application": APPLICATION}
        label = f"Password for '{username}' on '{service}'"
        self._collection.create_item(label, attributes, password.encode(), replace=True)

    def delete_password(self, service: str, username: str) -> None:
        if (item := self._find(service, username)) is not None:
            item.delete()

    def _find(self, service: str, username: str) -> Any:
        attributes = {"service": service, "username": username}
        return next(iter(self._collection.search_items(attributes)), None)


def _secret_service(
    buses: Sequence[str], about: dict[str, Any], stack: contextlib.ExitStack
) -> _Collection:
    """Return the default collection of the first bus that has a Secret Service.

    keyring would unlock it, which prompts and waits without a timeout, and would create a missing
    one, which prompts, too. Its import alone takes more than all that is done here.
    """
    secretstorage = importlib.import_module("secretstorage")
    connection = stack.enter_context(contextlib.closing(_find_service(buses, about)))
    try:
        collection = secretstorage.Collection(connection)
    except secretstorage.ItemNotFoundException:
        raise Locked(NO_COLLECTION) from None
    if collection.is_locked():
        raise Locked(LOCKED)
    return _Collection(collection)


def _find_service(buses: Sequence[str], about: dict[str, Any]) -> Any:
    """Return a connection to the first bus with a Secret Service, or one that it can start."""
    connect = importlib.import_module("jeepney.io.blocking").open_dbus_connection
    has_service = importlib.import_module("secretstorage").check_service_availability
    problems: list[str] = []
    live: list[str] = []
    for bus in buses:
        with contextlib.ExitStack() as stack:
            try:
                connection = connect(bus)
                stack.callback(connection.close)
                if not is_trusted(connection.sock, os.getuid()):
                    problems.append(f"the session bus {bus} belongs to another user")
                    continue
                if has_service(connection):
                    about["bus"] = bus
                    stack.pop_all()
                    return connection
                live.append(bus)
            except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
                continue  # of a session that ended
            # The libraries raise RuntimeError, ValueError and errors of their own.
            except Exception as error:  # noqa: BLE001
                problems.append(f"the session bus {bus} cannot be used ({_kind(error)})")
    if problems:
        raise Unreachable(problems[0])
    if live:
        about["bus"] = live[0]
        raise Unavailable("no Secret Service is running, or can be started, on the session bus")
    raise Unavailable(_without_bus(os.environ.get(BUS_VARIABLE)))


def is_trusted(bus: socket.socket, uid: int) -> bool:
    """Return whether `uid` or root runs the bus: the address of a bus that ended is free again."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    form = struct.Struct("3i")
    _, owner, _ = form.unpack(bus.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size))
    return owner in (uid, 0)


def _without_bus(named: str | None) -> str:
    if not named:
        return f"there is no session bus: {BUS_VARIABLE} is not set"
    if named == "disabled:":
        return f"there is no session bus: {BUS_VARIABLE} says so"
    return f"{BUS_VARIABLE} leads to {named}, where no bus answers"


# ------------------------------------------------------------------ KWallet


def _kwallet(buses: Sequence[str]) -> Any:
    """Return keyring's KWallet backend if the wallet is open; opening it would prompt."""
    os.environ[BUS_VARIABLE] = ";".join(buses)  # the library tries one after the other
    try:
        backend_class = _load(KWALLET)
        _ = backend_class.priority
    except RuntimeError:
        raise Unavailable("KWallet is not running, and cannot be started") from None
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
        raise Unreachable("the stored key could not be read back")


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
