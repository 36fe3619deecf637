"""The process that talks to the keyring, over stand-ins; test_keyring_store has the real ones."""

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
    """A backend over a dict; `priority` as keyring has it."""

    priority = 5
    kept: dict[str, str] = {}  # noqa: RUF012 - set anew by each test

    def get_password(self, service, username):
        return self.kept.get(f"{service} {username}")

    def set_password(self, service, username, password):
        self.kept[f"{service} {username}"] = password

    def delete_password(self, service, username):
        del self.kept[f"{service} {username}"]


@pytest.fixture
def planted(monkeypatch):
    """Let allow-listed backends be stand-ins; return how to name one."""
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


def test_the_backend_of_the_highest_priority_serves(planted):
    """As keyring itself would choose, among those allowed."""
    low = type("Low", (Backend,), {"priority": 4, "kept": {"aircher a": "low"}})
    high = type("High", (Backend,), {"priority": 5, "kept": {"aircher a": "high"}})
    planted(BACKENDS[0], low)
    planted(BACKENDS[1], high)
    assert ask("read", "a", "b") == {"state": "usable", "values": ["high", None]}


def test_the_user_may_choose_among_those_allowed(planted):
    """Keyring's own variable holds here, too."""
    low = type("Low", (Backend,), {"priority": 4, "kept": {"aircher a": "low"}})
    planted(BACKENDS[0], low)
    planted(BACKENDS[1], type("High", (Backend,), {"kept": {}}))
    chosen = ask("read", "a", environ={"PYTHON_KEYRING_BACKEND": BACKENDS[0]})
    assert chosen == {"state": "usable", "values": ["low"]}


def test_another_backend_is_refused_without_being_looked_for(planted, monkeypatch):
    """Also when it is there and would work."""
    planted(BACKENDS[0], type("Good", (Backend,), {"kept": {}}))
    plain = SimpleNamespace(Keyring=type("Plain", (Backend,), {"kept": {}}))
    monkeypatch.setitem(sys.modules, "plain", plain)
    told = ask("write", "a", secret="canary", environ={"PYTHON_KEYRING_BACKEND": "plain.Keyring"})
    assert (told["state"], plain.Keyring.kept) == ("unavailable", {})
    assert "unencrypted" in told["reason"]


def test_no_backend_that_works_is_unavailable_with_the_first_reason(planted):
    """The others' reasons are about other systems."""

    class NeedsBus(type):
        @property
        def priority(cls):
            raise RuntimeError("no bus")

    planted(BACKENDS[0], NeedsBus("Broken", (), {}))
    assert ask("probe") == {"state": "unavailable", "reason": "no bus"}


def test_writing_reads_back(planted):
    """What a backend drops without a word is found out."""
    deaf = type("Deaf", (Backend,), {"kept": {}, "set_password": lambda *_: None})
    planted(BACKENDS[0], deaf)
    assert ask("write", "a", secret="canary") == {
        "state": "unavailable",
        "reason": "what was stored did not read back",
    }


def test_deleting_what_is_not_there_is_no_error(planted):
    """Keyring would raise."""
    planted(BACKENDS[0], type("Empty", (Backend,), {"kept": {}}))
    assert ask("delete", "a") == {"state": "usable", "values": []}


def test_an_error_of_a_backend_does_not_go_out(planted):
    """Its text might quote the key: only its name is told."""

    def fail(self, service, username, password):
        raise ValueError(f"cannot store {password}")

    planted(BACKENDS[0], type("Broken", (Backend,), {"set_password": fail}))
    told = ask("write", "a", secret="canary")
    assert told == {"state": "unavailable", "reason": "its library failed (ValueError)"}


@pytest.mark.parametrize("is_open", [True, False])
def test_a_closed_wallet_is_locked_not_opened(planted, monkeypatch, is_open):
    """Opening it prompts; whether it is open is asked without that."""
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
    """A new one is a decision, not an accident."""
    assert BACKENDS == (
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    )


def test_main_answers_one_request(planted, monkeypatch, capsys):
    """JSON in, JSON out; a clock is running against a keyring that never returns."""
    alarms = []
    planted(BACKENDS[0], type("Full", (Backend,), {"kept": {"aircher a": "canary"}}))
    monkeypatch.setattr(keyring_child, "harden", lambda: None)
    monkeypatch.setattr(signal, "alarm", alarms.append)
    request = {"op": "read", "service": "aircher", "usernames": ["a"]}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(request)))
    keyring_child.main()
    assert json.loads(capsys.readouterr().out) == {"state": "usable", "values": ["canary"]}
    assert alarms == [keyring_child.LAST_RESORT_SECONDS]


def test_a_hardened_process_leaves_no_core_and_is_closed_to_others():
    """Its memory holds keys for a moment."""
    code = (
        "import ctypes, resource; from aircherd.auth.stores import keyring_child as k; k.harden(); "
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(0, 0) 0\n"
    assert resource.RLIMIT_CORE is not None


def test_importing_it_loads_no_keyring():
    """Nobody but the running child pays for the library."""
    code = "import sys, aircherd.auth.stores.keyring_store; print('keyring' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "False\n"
