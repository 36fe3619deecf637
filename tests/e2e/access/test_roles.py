"""What clients may do: a real daemon, the real command line, and changes of the configuration."""

import json
import os
import sys
from collections.abc import Callable, Iterator

import pytest

from aircher_client import Client, DaemonError
from helpers.daemon.ipc_requests import KEYS
from helpers.daemon.real_daemon import Home, home, simulator, wait_until

Configure = Callable[[str], None]

CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.spare]
kind = "anthropic"
base_url = "{url}"
env = "SPARE_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"

[clients.admin]
"""


@pytest.fixture(scope="module")
def daemon() -> Iterator[Home]:
    """A daemon with two providers; each test sets the roles."""
    with simulator() as sim, home() as made:
        for provider, key in zip(("openai", "anthropic"), KEYS.values(), strict=True):
            sim.keys.accept(provider, key)
        made.write_config("default_model = 'work/gpt-5.5'\n" + CONFIG.format(url=sim.url))
        made.start(KEYS)
        yield made


@pytest.fixture(scope="module")
def configure(daemon: Home) -> Iterator[Configure]:
    """Set the roles of a running daemon."""
    text = daemon.config_file.read_text()
    with Client.connect(daemon.environ, autostart=False, name="admin") as admin:

        def change(roles: str) -> None:
            daemon.write_config(text + roles)
            admin.call("config.reload")

        yield change


COMMANDS = {
    "ask": ("ask", "hello"),
    "models": ("models", "list"),
    "status": ("status",),
    "usage": ("usage",),
    "login": ("auth", "logout", "work"),
    "stop": ("daemon", "stop"),
}


@pytest.mark.parametrize(
    ("allow", "allowed"),
    [
        ("chat", {"ask", "models"}),
        ("read", {"models", "status", "usage"}),
        ("none", set()),
    ],
)
def test_the_command_line_in_each_role(
    daemon: Home, configure: Configure, allow: str, allowed: set[str]
) -> None:
    """What it may not do is refused with the section, and the daemon runs on."""
    configure(f'[clients.aircher-cli]\nallow = ["{allow}"]')
    done = {name: daemon.cli(*command) for name, command in COMMANDS.items()}
    refused = {name for name, each in done.items() if each.returncode == 1}
    assert refused == set(COMMANDS) - allowed
    for name in refused:
        assert "client 'aircher-cli' may not call" in done[name].stderr
        assert f'[clients."aircher-cli"] allows {allow}' in done[name].stderr
    assert daemon.process is not None
    assert daemon.process.poll() is None


def test_a_name_that_belongs_to_a_program(daemon: Home, configure: Configure) -> None:
    """Another program that takes the name has the rights of all others, and counts by itself."""
    program = os.path.realpath(sys.executable)
    others = '[clients."*"]\nallow = ["read"]'
    configure(f'[clients.aircher-cli]\nprogram = "{program}"\n{others}')
    right = daemon.cli("ask", "hello")
    configure(f'[clients.aircher-cli]\nprogram = "/bin/false"\n{others}')
    wrong = daemon.cli("ask", "hello")
    status = daemon.cli("daemon", "status", "--clients")
    assert (right.returncode, wrong.returncode, status.returncode) == (0, 1, 0)
    assert "calls itself 'aircher-cli' but is " in wrong.stderr
    assert "and not /bin/false, as" in wrong.stderr
    assert "  unverified:aircher-cli: may do: read, process " in status.stdout
    assert program in status.stdout


def test_a_connected_client_loses_its_rights_at_once(daemon: Home, configure: Configure) -> None:
    """Its next request is refused, and its events end."""
    configure('[clients.viewer]\nallow = ["read"]')
    with Client.connect(daemon.environ, autostart=False, name="viewer") as viewer:
        events = viewer.events(["config"])
        viewer.call("status")
        configure('[clients.viewer]\nallow = ["chat"]')
        with pytest.raises(DaemonError) as caught:
            viewer.call("status")
        # Whatever is published now comes before the answer of the next call.
        configure('[clients.viewer]\nallow = ["chat"]\n[clients.other]')
        viewer.call("ping")
        assert viewer.take_events() == []
        events.close()
    assert caught.value.code == "forbidden"
    assert caught.value.data == {
        "method": "status",
        "client": "viewer",
        "section": "clients.viewer",
    }


def test_requests_of_the_read_that_has_hello(daemon: Home, configure: Configure) -> None:
    """They have the rights of the new name, although all were decoded before."""
    configure('[clients.viewer]\nallow = ["none"]\n[clients."*"]\nallow = ["all"]')
    with (
        Client.connect(daemon.environ, autostart=False, name="viewer") as viewer,
        pytest.raises(DaemonError, match="may not call status"),
    ):
        viewer.call("status")


def test_providers_of_a_client(daemon: Home, configure: Configure) -> None:
    """No other is asked, by default or by name."""
    configure('[clients.aircher-cli]\nproviders = ["spare"]')
    named = daemon.cli("ask", "-m", "work/gpt-5.5", "hello")
    default = daemon.cli("ask", "hello")
    fine = daemon.cli("ask", "-m", "spare/claude-sonnet-5", "hello")
    assert [each.returncode for each in (named, default, fine)] == [1, 1, 0]
    for each in (named, default):
        assert "may not use another provider" in each.stderr
        assert "allows the providers spare" in each.stderr


def test_protected_actions(daemon: Home, configure: Configure) -> None:
    """Only the named client may; where the user cannot be asked, a confirmation is refused."""
    configure('[protect]\nsign_out = ["admin"]\nshutdown = "confirm"\nconfig = "confirm"')
    logout = daemon.cli("auth", "logout", "work")
    stop = daemon.cli("daemon", "stop")
    use = daemon.cli("models", "use", "spare/claude-sonnet-5")
    ask = daemon.cli("ask", "hello")
    assert [each.returncode for each in (logout, stop, use, ask)] == [1, 1, 1, 0]
    assert "may not remove keys: [protect] sign_out allows admin" in logout.stderr
    assert "may stop the daemon only if you confirm it" in stop.stderr
    assert "may change the configuration or tokens only if you confirm it" in use.stderr


def test_a_client_that_needs_confirmation(daemon: Home, configure: Configure) -> None:
    """It is refused where the user cannot be asked; a started chat fails by its stream."""
    configure("[clients.aircher-cli]\nconfirm = true\n[clients.nvim]\nconfirm = true")
    assert "may use aircher only if you confirm it" in daemon.cli("ask", "hello").stderr
    done: list[dict[str, object]] = []

    def note(method: str, params: dict[str, object]) -> None:
        done.append({"method": method, **params})

    with Client.connect(daemon.environ, autostart=False, name="nvim") as client:
        messages = [{"role": "user", "content": "hello"}]
        client.call("chat.start", {"messages": messages}, on_notification=note)
        wait_until(
            lambda: bool(client.call("ping", on_notification=note) == {} and done), "chat.done"
        )
    assert done[0]["method"] == "chat.done"
    assert json.loads(json.dumps(done[0]))["error"]["code"] == "forbidden"
