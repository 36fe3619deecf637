"""`aircher-cli doctor` with a real systemd."""

import json

import pytest

from helpers.systemd.manager import UserManager

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]


def doctor(home):
    """Return the exit code, and the findings by their check."""
    done = home.cli("doctor", "--json")
    assert "canary" not in done.stdout
    return done.returncode, {each["check"]: each for each in json.loads(done.stdout)["findings"]}


def test_installed_service_is_healthy(machine, install):
    """Also its environment file."""
    home, manager = machine
    install()
    _, found = doctor(home)
    pid = manager.main_pid("aircherd.service")
    assert found["service"]["message"] == f"installed and enabled, process {pid}"
    assert found["service"]["status"] == found["environment file"]["status"] == "ok"
    assert "started by systemd" in found["daemon"]["message"]


def test_service_that_waits_for_a_request_is_not_started(machine, install):
    """A connection would start it."""
    home, manager = machine
    install()
    manager.systemctl("stop", "aircherd.service")
    code, found = doctor(home)
    assert (code, found["daemon"]["status"]) == (0, "warning")
    assert found["service"]["message"] == "installed and enabled, starts with the first request"
    assert manager.main_pid("aircherd.service") == 0


def test_service_that_is_disabled_or_fails(machine: tuple, install):
    """With the command that helps."""
    home, manager = machine
    assert isinstance(manager, UserManager)
    install()
    manager.systemctl("disable", "aircherd.socket")
    _, found = doctor(home)
    assert (found["service"]["status"], found["service"]["cure"]) == (
        "warning",
        "aircher-cli daemon install",
    )
    install()
    manager.systemctl("stop", "aircherd.socket", "aircherd.service")
    manager.drop_in("aircherd.service", "[Service]\nExecStart=\nExecStart=/bin/false\nRestart=no\n")
    assert manager.run("systemctl", "--user", "start", "aircherd.service").returncode != 0
    code, found = doctor(home)
    assert (code, found["service"]["status"]) == (1, "problem")
    assert "journalctl --user" in found["service"]["message"]


def test_keys_in_the_environment_file_change_under_systemd(machine, install, sim):
    """Systemd's copy of an old value is not used; a removed variable is gone."""
    home, _ = machine
    install()
    file = home.config_file.parent / "environment"
    new = "canary-new-0123456789abcdef"
    sim.keys.accept("openai", new)
    file.write_text(f"WORK_KEY={new}\n")
    assert json.loads(home.cli("auth", "status", "--json").stdout)["rows"]
    assert home.cli("ask", "hi").returncode == 0
    assert [r.key for r in sim.requests if r.endpoint == "chat"] == [new]
    file.write_text("# no key\n")
    home.cli("auth", "status")
    assert home.cli("ask", "-m", "work/m", "hi").returncode == 4
