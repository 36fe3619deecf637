"""The keyring's child process, with fake backends; test_keyring_store uses real ones."""

import errno
import importlib.util
import io
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from aircherd.auth.stores import keyring_child
from aircherd.auth.stores.keyring_child import BACKENDS, KWALLET, MACOS, answer


class Backend:
    """A backend that stores in a dict; `priority` as in keyring."""

    priority = 5
    kept: dict[str, str] = {}  # noqa: RUF012 - replaced by each test

    def get_password(self, service, username):
        return self.kept.get(f"{service} {username}")

    def set_password(self, service, username, password):
        self.kept[f"{service} {username}"] = password

    def delete_password(self, service, username):
        del self.kept[f"{service} {username}"]


@pytest.fixture
def planted(monkeypatch):
    """Replace the allowed backends by fakes; return a function that installs one."""
    for name in BACKENDS:
        module = ModuleType(name.rpartition(".")[0])
        monkeypatch.setitem(sys.modules, module.__name__, module)

    def plant(name, backend):
        module, _, class_name = name.rpartition(".")
        backend.__module__ = "stand.in"
        setattr(sys.modules[module], class_name, backend)

    return plant


def ask(op, *usernames, choice=MACOS, **more):
    """Return the answer of a backend that is chosen by name: its library is not on this system."""
    request = {"op": op, "service": "aircher", "usernames": usernames, "buses": [], **more}
    found = answer(request, {"PYTHON_KEYRING_BACKEND": choice})
    if op != "describe":
        found.pop("backend", None)
    return found


def test_description_names_the_backend(planted):
    """Also of a keyring that cannot be used; none without one."""
    assert "backend" not in ask("describe", choice="keyring.backends.null.Keyring")
    planted(MACOS, type("Fine", (Backend,), {"kept": {}}))
    assert ask("describe") == {"state": "usable", "values": [], "backend": "macOS"}


def test_user_may_choose_an_allowed_backend(planted):
    """With keyring's own variable."""
    planted(MACOS, type("Chosen", (Backend,), {"kept": {"aircher a": "chosen"}}))
    assert ask("read", "a", "b") == {"state": "usable", "values": ["chosen", None]}


@pytest.mark.parametrize("name", ["null", "fail"])
def test_user_may_say_that_there_is_no_keyring(planted, name):
    """With keyring's own backends for that."""
    assert ask("probe", choice=f"keyring.backends.{name}.Keyring")["state"] == "unavailable"


@pytest.mark.parametrize(
    ("platform", "has_dbus", "desktop", "expected"),
    [
        ("darwin", True, "KDE", ["macOS"]),
        ("linux", False, "KDE", ["SecretService"]),
        ("linux", True, "KDE", ["kwallet", "SecretService"]),
        ("linux", True, "GNOME", ["SecretService", "kwallet"]),
    ],
)
def test_backends_are_those_of_the_platform(monkeypatch, platform, has_dbus, desktop, expected):
    """The others are not even imported: some start compilers to find their libraries."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: has_dbus or None)
    found = keyring_child._backends({"XDG_CURRENT_DESKTOP": f"x:{desktop}"})
    assert [name.split(".")[2] for name in found] == expected


def test_other_backend_is_refused_without_loading_it(planted, monkeypatch):
    """Even if it exists and would work."""
    planted(MACOS, type("Good", (Backend,), {"kept": {}}))
    plain = SimpleNamespace(Keyring=type("Plain", (Backend,), {"kept": {}}))
    monkeypatch.setitem(sys.modules, "plain", plain)
    got = ask("write", "a", secret="canary", choice="plain.Keyring")
    assert (got["state"], plain.Keyring.kept) == ("unreachable", {})
    assert "unencrypted" in got["reason"]


def test_written_key_is_read_back(planted):
    """A backend that silently drops it is detected."""
    dropping = type("Dropping", (Backend,), {"kept": {}, "set_password": lambda *_: None})
    planted(MACOS, dropping)
    assert ask("write", "a", secret="canary") == {
        "state": "unreachable",
        "reason": "the stored key could not be read back",
    }


def test_deleting_a_missing_key_is_no_error(planted):
    """Keyring would raise."""
    planted(MACOS, type("Empty", (Backend,), {"kept": {}}))
    assert ask("delete", "a") == {"state": "usable", "values": []}


def test_text_of_a_backends_error_is_not_reported(planted):
    """It might quote the key, so only the type is."""

    def fail(self, service, username, password):
        raise ValueError(f"cannot store {password}")

    planted(MACOS, type("Broken", (Backend,), {"set_password": fail}))
    got = ask("write", "a", secret="canary")
    assert got == {"state": "unreachable", "reason": "its library failed (ValueError)"}


def test_error_of_the_system_is_reported(planted):
    """It quotes nothing, and says whether to try again."""

    def fail(self, service, username):
        raise OSError(errno.EMFILE, "canary")

    planted(MACOS, type("Full", (Backend,), {"get_password": fail}))
    got = ask("read", "a")
    assert got["reason"] == "its library failed (EMFILE, Too many open files)"


@pytest.mark.parametrize("is_open", [True, False])
def test_closed_wallet_is_locked_and_not_opened(planted, monkeypatch, is_open):
    """Opening it would prompt; querying its state does not."""
    calls = []

    def call_blocking(*call):
        calls.append(call)
        return "kdewallet" if "networkWallet" in call else is_open

    wallet = type("Wallet", (Backend,), {"bus_name": "kwalletd", "object_path": "/w", "kept": {}})
    planted(KWALLET, wallet)
    wallet.__module__ = "keyring.backends.kwallet"
    bus = SimpleNamespace(call_blocking=call_blocking)
    monkeypatch.setitem(sys.modules, "dbus", SimpleNamespace(SessionBus=lambda: bus))
    assert ask("probe", choice=KWALLET)["state"] == ("usable" if is_open else "locked")
    assert [call[3:] for call in calls] == [
        ("networkWallet", "", ()),
        ("isOpen", "s", ("kdewallet",)),
    ]


def test_only_encrypting_backends_are_allowed():
    """Adding one is a deliberate decision."""
    assert BACKENDS == (
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.macOS.Keyring",
    )


def test_main_answers_one_request(planted, monkeypatch, capsys):
    """JSON in, JSON out; an alarm ends it if the keyring hangs."""
    alarms = []
    planted(MACOS, type("Full", (Backend,), {"kept": {"aircher a": "canary"}}))
    monkeypatch.setattr(keyring_child, "harden", lambda: None)
    monkeypatch.setattr(signal, "alarm", alarms.append)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", MACOS)
    request = {"op": "read", "service": "aircher", "usernames": ["a"], "buses": []}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(request)))
    keyring_child.main()
    found = json.loads(capsys.readouterr().out)
    assert found == {"state": "usable", "values": ["canary"], "backend": "macOS"}
    assert alarms == [keyring_child.LAST_RESORT_SECONDS]


def test_hardened_process_writes_no_core_and_is_not_dumpable():
    """Its memory contains keys for a moment."""
    code = (
        "import ctypes, resource; from aircherd.auth.stores import keyring_child as k; k.harden(); "
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(0, 0) 0\n"
    assert resource.RLIMIT_CORE is not None


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="this system does not tell")
def test_bus_of_another_user_is_not_trusted():
    """It may have taken the address of a bus that ended."""
    if os.getuid() == 0:
        os.seteuid(12345)  # the owner of the socket is the one who makes it
    try:
        ours, its = socket.socketpair()
    finally:
        os.seteuid(os.getuid())
    owner = os.getuid() or 12345
    with ours, its:
        assert keyring_child.is_trusted(ours, owner)
        assert not keyring_child.is_trusted(ours, owner + 1)


def test_importing_the_store_does_not_load_keyring():
    """Only the child process loads the library."""
    code = "import sys, aircherd.auth.stores.keyring_store; print('keyring' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "False\n"
