"""Every command of the table without any key, with one daemon: none can be forgotten.

Those that need a provider name one command that then works, with or without keys in the shell; the
others do their work, and ask for no key.
"""

import json
import re
import shlex
from collections.abc import Iterator

import pytest

from aircher_cli.registry import COMMANDS
from aircher_client import Client
from helpers.daemon.cli import Outcome, run_cli
from helpers.daemon.real_daemon import Home, home, simulator

KEY = "canary-work-0123456789abcdef"
CONFIG = """\
default_model = "chain"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.chain]
routes = ["work/gpt-5.5"]
"""

NEED_A_KEY = {
    "ask": (["hi"], 4),
    "route": ([], 4),
    "run": (["--", "true"], 0),
    "editors": (["zed"], 4),
    "auth status": ([], 0),
    "auth test": ([], 4),
    "models list": ([], 0),
    "models show": (["work/gpt-5.5"], 0),
    "models use": (["chain"], 0),
    "models refresh": ([], 4),
    "status": ([], 0),
    "doctor": ([], 1),
}
"""Command -> arguments, exit code. They name what to run first."""

NEED_NONE = {
    "chats list": ([], 0),
    "chats show": (["x"], 1),
    "chats search": (["x"], 1),
    "chats export": (["x"], 1),
    "chats rm": (["x"], 1),
    "chats import": (["--from", "llm"], 1),
    "auth logout": (["work"], 0),
    "auth lock": ([], 0),
    "auth unlock": ([], 0),
    "audit": ([], 0),
    "providers list": ([], 0),
    "providers remove": (["none"], 1),
    "usage": ([], 0),
    "limits": ([], 0),
    "fleet list": ([], 1),
    "fleet forget": (["x"], 1),
    "allow": ([], 1),
    "deny": ([], 1),
    "token create": (["x"], 0),
    "token list": ([], 0),
    "token revoke": (["x"], 0),
    "cooldowns list": ([], 0),
    "cooldowns clear": ([], 0),
    "events": (["--since", "1h"], 0),
    "config path": ([], 0),
    "config show": ([], 0),
    "config set": (["default_model", "chain"], 0),
    "config unset": (["none"], 0),
    "config schema": ([], 0),
    "config check": ([], 0),
    "config reload": ([], 0),
    "migrate": ([], 0),
    "daemon start": ([], 0),
    "daemon status": ([], 0),
    "protocol": ([], 0),
    "completion": (["bash"], 0),
}
"""Command -> arguments, exit code. Nothing in what they say is about signing in."""

ELSEWHERE = {
    "chat": "a terminal: test_offer",
    "models pick": "a terminal: tests/e2e/picker",
    "auth login": "test_offer, and below",
    "auth import": "below",
    "confirm": "a terminal: tests/e2e/access",
    "demo": "has keys of its own: tests/e2e/cli",
    "forward": "an sshd: tests/e2e/forward, and what clients there get to know below",
    "config edit": "an editor: tests/e2e/cli",
    "providers add": "tries a server: tests/e2e/providers",
    "daemon stop": "tests/e2e/daemon",
    "daemon restart": "tests/e2e/daemon",
    "daemon install": "tests/e2e/systemd",
    "daemon uninstall": "tests/e2e/systemd",
    "uninstall": "removes all of it: tests/e2e/packaging",
}
"""Command -> where it is tried without a key."""

ADVICE = re.compile(r"(?:[Rr]un this(?:\s+first)?:\n  |→ )aircher-cli (auth \w+.*)\n")


@pytest.fixture(scope="module")
def daemon() -> Iterator[Home]:
    """A daemon without any key."""
    with simulator() as sim, home() as made:
        sim.keys.accept("openai", KEY)
        made.write_config(CONFIG.format(url=sim.url))
        made.start()
        yield made


def try_command(daemon: Home, name: str, *words: str, **environ: str) -> Outcome:
    """Run a command; `run` needs a process of its own, for what it starts."""
    arguments = [*name.split(), *words]
    if name == "run":
        done = daemon.cli(*arguments, environ=environ)
        return Outcome(done.returncode, done.stdout, done.stderr)
    return run_cli({**daemon.environ, "COLUMNS": "80", **environ}, *arguments, stdin="")


def test_the_tables_have_all_commands() -> None:
    """A new command has to be put into one of them."""
    tables = (NEED_A_KEY, NEED_NONE, ELSEWHERE)
    assert sorted(name for table in tables for name in table) == sorted(COMMANDS)


@pytest.mark.parametrize(
    ("environ", "advice"),
    [({}, "auth login work"), ({"WORK_KEY": KEY}, "auth import")],
    ids=["no key", "a key in the shell"],
)
@pytest.mark.parametrize("name", NEED_A_KEY)
def test_a_command_that_needs_a_provider(
    daemon: Home, name: str, environ: dict[str, str], advice: str
) -> None:
    """It says so in at most six lines, of which one is the command."""
    words, code = NEED_A_KEY[name]
    done = try_command(daemon, name, *words, **environ)
    said = done.out + done.err
    assert (done.code, "canary" in said) == (code, False), said
    assert advice in ADVICE.findall(said), said
    if name not in {"status", "doctor"}:  # their screens say more
        lines = [line for line in done.err.splitlines() if "models (not signed in)" not in line]
        assert len(lines) <= 6 + ("does not list it" in done.err), done.err


@pytest.mark.parametrize("name", [name for name in NEED_A_KEY if name != "run"])
def test_the_same_as_data(daemon: Home, name: str) -> None:
    """With the same exit code, and without any text beside it."""
    words, code = NEED_A_KEY[name]
    done = try_command(daemon, name, *words, "--json")
    record = json.loads(done.out)
    assert (done.code, done.err) == (code, "")
    if code == 4 and "error" in record:
        (needed,) = [
            row for row in record["error"]["data"]["sign_in"]["providers"] if row.get("needed")
        ]
        assert needed["command"] == "aircher-cli auth login work"


@pytest.mark.parametrize("name", NEED_NONE)
def test_a_command_that_needs_no_provider(daemon: Home, name: str) -> None:
    """It does what it does with a key."""
    words, code = NEED_NONE[name]
    done = try_command(daemon, name, *words)
    if name == "auth lock":  # the next test of this daemon need not be that of "auth unlock"
        assert try_command(daemon, "auth unlock").code == 0
    said = done.out + done.err
    assert done.code == code, said
    assert "internal error" not in said
    assert not ADVICE.search(said) or name == "auth logout", said


def test_the_commands_that_are_named_work(daemon: Home) -> None:
    """As they stand: after each of them the default model answers."""
    for environ, stdin in (({"WORK_KEY": KEY}, None), ({}, KEY)):
        (advice,) = ADVICE.findall(try_command(daemon, "ask", "hi", **environ).err)
        done = daemon.cli(*shlex.split(advice), environ=environ, stdin=stdin)
        assert (done.returncode, "canary" in done.stdout + done.stderr) == (0, False), done
        assert try_command(daemon, "ask", "hi").out == "hi\n"
        assert daemon.cli("auth", "logout", "work").returncode == 0


# ------------------------------------------------------------------ where no key can be stored


def asked(daemon: Home, *words: str, **environ: str) -> list[str]:
    """Return what `ask` says, with a key in the shell that does not matter."""
    done = try_command(daemon, "ask", *words, "hi", WORK_KEY=KEY, **environ)
    assert (done.code, "canary" in done.err) == (4, False), done
    return done.err.splitlines()


def test_from_another_machine(daemon: Home) -> None:
    """The command is named for the machine of the daemon, which takes no keys from here."""
    there = {"AIRCHER_SOCKET": str(daemon.socket.with_name("extra.sock"))}
    first, command = asked(daemon, **there)
    assert first.endswith("provider yet. Run this where the daemon runs, on another machine:")
    assert command == "  aircher-cli auth login work"
    done = try_command(daemon, "ask", "hi", "--json", **there)
    error = json.loads(done.out)["error"]
    assert error["message"].endswith("; keys are stored where the daemon runs, on another machine")
    assert error["data"]["sign_in"]["environment"] == []
    assert not [row for row in error["data"]["sign_in"]["providers"] if "command" in row]
    for command in ("auth import", "auth login"):
        done = try_command(daemon, command, WORK_KEY=KEY, **there)
        assert (done.code, "takes no keys from this one" in done.err) == (1, True), done


def test_while_all_keys_are_locked(daemon: Home) -> None:
    """Signing in would be refused, so that unlocking comes first, and then it works."""
    assert daemon.cli("auth", "lock").returncode == 0
    try:
        assert asked(daemon) == [
            "aircher-cli: You are not signed in to any provider yet.",
            "All keys are locked. Unlock them first:",
            "  aircher-cli auth unlock",
        ]
        there = {"AIRCHER_SOCKET": str(daemon.socket.with_name("extra.sock"))}
        assert asked(daemon, **there)[1:] == [
            "All keys are locked. Unlock them first where the daemon runs, on another machine:",
            "  aircher-cli auth unlock",
        ]
    finally:
        assert daemon.cli("auth", "unlock").returncode == 0


@pytest.mark.parametrize(
    ("rights", "reason"),
    [
        (
            '[clients.aircher-cli]\nallow = ["chat"]\n',
            "client 'aircher-cli' may not call auth.login: [clients.\"aircher-cli\"] allows chat",
        ),
        (
            '[clients.boss]\n[protect]\nsign_in = ["boss"]\n',
            "client 'aircher-cli' may not store or unlock keys: [protect] sign_in allows boss",
        ),
    ],
)
def test_a_client_that_may_not_sign_in(daemon: Home, rights: str, reason: str) -> None:
    """The reason is said, and no command that would be refused."""
    before = daemon.config_file.read_text()
    with Client.connect(daemon.environ, autostart=False, name="admin") as admin:
        daemon.write_config(f"{before}\n[clients.admin]\n{rights}")
        try:
            admin.call("config.reload")
            said = " ".join(" ".join(asked(daemon)).split())
        finally:
            daemon.write_config(before)
            admin.call("config.reload")
    assert said == (
        "aircher-cli: You are not signed in to any provider yet. "
        f"This program cannot sign in: {reason}."
    )


def test_a_label_that_no_key_has(daemon: Home) -> None:
    """The command stores a key with it; then it is used. Other keys are no help."""
    assert asked(daemon, "--key", "acme") == [
        "aircher-cli: There is no key 'acme' for work, which this request needs. Run this first:",
        "  aircher-cli auth login work --label acme",
        "It prompts for your key",
    ]
    daemon.login("work", KEY, "--label", "acme")
    assert try_command(daemon, "ask", "--key", "acme", "hi").out == "hi\n"
    assert daemon.cli("auth", "logout", "work", "--label", "acme").returncode == 0
