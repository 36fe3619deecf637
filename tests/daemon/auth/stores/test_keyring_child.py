"""The keyring's child process, with fake backends; test_keyring_store uses real ones."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from aircherd.auth.stores import keyring_child
from aircherd.auth.stores.keyring_child import BACKENDS, answer


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


def ask(op, *usernames, environ=None, **more):
    return answer({"op": op, "service": "aircher", "usernames": usernames, **more}, environ or {})


def test_description_names_the_backend(planted):
    """Also of a keyring that cannot be used; None without one."""
    assert ask("describe")["backend"] is None
    planted(BACKENDS[0], type("Fine", (Backend,), {"priority": 4, "kept": {}}))
    assert ask("describe") == {"state": "usable", "values": [], "backend": "in"}


def test_backend_with_the_highest_priority_is_used(planted):
    """As in keyring itself, among the allowed ones."""
    low = type("Low", (Backend,), {"priority": 4, "kept": {"aircher a": "low"}})
    high = type("High", (Backend,), {"priority": 5, "kept": {"aircher a": "high"}})
    planted(BACKENDS[0], low)
    planted(BACKENDS[1], high)
    assert ask("read", "a", "b") == {"state": "usable", "values": ["high", None]}


def test_user_may_choose_an_allowed_backend(planted):
    """With keyring's own variable."""
    low = type("Low", (Backend,), {"priority": 4, "kept": {"aircher a": "low"}})
    planted(BACKENDS[0], low)
    planted(BACKENDS[1], type("High", (Backend,), {"kept": {}}))
    chosen = ask("read", "a", environ={"PYTHON_KEYRING_BACKEND": BACKENDS[0]})
    assert chosen == {"state": "usable", "values": ["low"]}


def test_other_backend_is_refused_without_loading_it(planted, monkeypatch):
    """Even if it exists and would work."""
    planted(BACKENDS[0], type("Good", (Backend,), {"kept": {}}))
    plain = SimpleNamespace(Keyring=type("Plain", (Backend,), {"kept": {}}))
    monkeypatch.setitem(sys.modules, "plain", plain)
    got = ask("write", "a", secret="canary", environ={"PYTHON_KEYRING_BACKEND": "plain.Keyring"})
    assert (got["state"], plain.Keyring.kept) == ("unavailable", {})
    assert "unencrypted" in got["reason"]


def test_without_a_working_backend_the_first_reason_is_reported(planted):
    """The reasons of the others are about other systems."""

    class NeedsBus(type):
        @property
        def priority(cls):
            raise RuntimeError("no bus")

    planted(BACKENDS[0], NeedsBus("Broken", (), {}))
    assert ask("probe") == {"state": "unavailable", "reason": "no bus"}


def test_written_key_is_read_back(planted):
    """A backend that silently drops it is detected."""
    dropping = type("Dropping", (Backend,), {"kept": {}, "set_password": lambda *_: None})
    planted(BACKENDS[0], dropping)
    assert ask("write", "a", secret="canary") == {
        "state": "unavailable",
        "reason": "the stored key could not be read back",
    }


def test_deleting_a_missing_key_is_no_error(planted):
    """Keyring would raise."""
    planted(BACKENDS[0], type("Empty", (Backend,), {"kept": {}}))
    assert ask("delete", "a") == {"state": "usable", "values": []}


def test_text_of_a_backends_error_is_not_reported(planted):
    """It might quote the key, so only the type is."""

    def fail(self, service, username, password):
        raise ValueError(f"cannot store {password}")

    planted(BACKENDS[0], type("Broken", (Backend,), {"set_password": fail}))
    got = ask("write", "a", secret="canary")
    assert got == {"state": "unavailable", "reason": "its library failed (ValueError)"}


@pytest.mark.parametrize("is_open", [True, False])
def test_closed_wallet_is_locked_and_not_opened(planted, monkeypatch, is_open):
    """Opening it would prompt; querying its state does not."""
    calls = []

    def call_blocking(*call):
        calls.append(call)
        return "kdewallet" if "networkWallet" in call else is_open

    wallet = type("Wallet", (Backend,), {"bus_name": "kwalletd", "object_path": "/w", "kept": {}})
    planted(BACKENDS[1], wallet)
    wallet.__module__ = "keyring.backends.kwallet"
    bus = SimpleNamespace(call_blocking=call_blocking)
    monkeypatch.setitem(sys.modules, "dbus", SimpleNamespace(SessionBus=lambda: bus))
    assert ask("probe")["state"] == ("usable" if is_open else "locked")
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
        "keyring.backends.Windows.WinVaultKeyring",
    )


def test_main_answers_one_request(planted, monkeypatch, capsys):
    """JSON in, JSON out; an alarm ends it if the keyring hangs."""
    alarms = []
    planted(BACKENDS[0], type("Full", (Backend,), {"kept": {"aircher a": "canary"}}))
    monkeypatch.setattr(keyring_child, "harden", lambda: None)
    monkeypatch.setattr(signal, "alarm", alarms.append)
    request = {"op": "read", "service": "aircher", "usernames": ["a"]}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(request)))
    keyring_child.main()
    assert json.loads(capsys.readouterr().out) == {"state": "usable", "values": ["canary"]}
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


def test_importing_the_store_does_not_load_keyring():
    """Only the child process loads the library."""
    code = "import sys, aircherd.auth.stores.keyring_store; print('keyring' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "False\n"
