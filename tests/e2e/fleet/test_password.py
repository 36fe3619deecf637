"""The password of an engine, from `auth login shared` to `auth logout shared`, by real programs."""

import time

import pytest

from helpers.daemon.real_daemon import Home
from helpers.engines import Engine, valkey
from helpers.fleet.machines import Machine, limit, open_machines
from helpers.fleet.upstream import open_upstream

CANARY = "canary's own, and (spaces)!"
WRONG = "wrong-canary-0123456789"
SECONDS = 30.0


@pytest.fixture(scope="module")
def engine():
    with valkey(lines=[f'requirepass "{CANARY}"']) as running:
        yield running


@pytest.fixture(scope="module")
def machine(engine: Engine):
    with (
        open_upstream() as upstream,
        open_machines(1, upstream, engine.url, limit(requests=1000)) as machines,
    ):
        yield machines[0]


def wait_for(machine: Machine, state: str) -> str:
    """Wait until the engine is in that state; return why."""
    until = time.monotonic() + SECONDS
    while (found := machine.call("status")["shared"])["state"] != state:
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return str(found.get("reason", ""))


def login(home: Home, password: str) -> tuple[int, str]:
    done = home.cli("auth", "login", "shared", stdin=password)
    return done.returncode, done.stdout + done.stderr


def test_a_password_comes_and_goes(machine: Machine, engine: Engine) -> None:
    """Each step is followed by the next that the message before names."""
    home = machine.home
    shown = [wait_for(machine, "refused")]
    assert "aircher-cli auth login shared" in shown[0]

    code, output = login(home, WRONG)
    shown.append(output)
    assert (code, "nothing was stored" in output) == (4, True)
    assert engine.command("KEYS", "*") == []

    code, output = login(home, CANARY)
    shown.append(output)
    assert code == 0, output
    wait_for(machine, "ok")
    assert engine.command("KEYS", "{proof}:machines") == ["{proof}:machines"]

    for words in (["auth", "status"], ["auth", "test"], ["config", "show"], ["doctor"], ["status"]):
        done = home.cli(*words)
        shown.append(done.stdout + done.stderr)
    assert "shared" in shown[3]
    assert "authenticated" in shown[4]

    done = home.cli("auth", "logout", "shared")
    shown.append(done.stdout + done.stderr)
    assert "removed 1 key of shared" in done.stdout
    assert home.cli("auth", "test", "shared").returncode == 4
    assert "canary" not in "\n".join(shown)
    assert "canary" not in home.everything_written()


def test_a_password_in_the_configuration_is_refused_and_not_shown(machine: Machine) -> None:
    """The configuration that was valid stays in use, and the problem names the command."""
    home = machine.home
    before = home.config_file.read_text()
    home.write_config(before.replace("redis://", f"redis://:{WRONG}@"))
    done = home.cli("config", "check")
    output = done.stdout + done.stderr
    home.write_config(before)
    assert done.returncode != 0
    assert "must not contain a password" in output
    assert "aircher-cli auth login shared" in output
    assert "canary" not in output + home.everything_written()
