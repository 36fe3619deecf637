"""`aircher-cli doctor` with a real daemon and simulated providers."""

import json
import signal
import subprocess
import time

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import Home
from helpers.secret_service import secret_service

KEY = "canary-work-0123456789abcdef"
OTHER = "canary-stale-0123456789abcdef"

WORK_ONLY = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"
"""


@pytest.fixture
def work(home, sim):
    """A home whose only provider in the configuration is `work`."""
    home.write_config(WORK_ONLY.format(url=sim.url))
    home.config_file.parent.chmod(0o700)
    return home


def doctor(home: Home, **environ: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Run it; return the exit code, and the worst finding of each check."""
    done = home.cli("doctor", "--json", environ=environ)
    assert "canary" not in done.stdout + done.stderr
    worst: dict[str, dict[str, str]] = {}
    order = ("ok", "warning", "problem")
    for each in json.loads(done.stdout)["findings"]:
        known = worst.get(each["check"], each)
        worst[each["check"]] = max(known, each, key=lambda found: order.index(found["status"]))
    return done.returncode, worst


def test_healthy_daemon_has_no_problem(work):
    """Its provider is called without the key."""
    with_key = {"WORK_KEY": KEY}
    work.start(with_key)
    code, found = doctor(work, **with_key)
    problems = {name: each for name, each in found.items() if each["status"] == "problem"}
    assert (code, problems) == (0, {})
    assert found["provider work"]["status"] == "ok"
    assert found["variables"]["status"] == "ok"
    assert {"socket", "daemon", "config", "keyring", "clock", "proxy", "ledger", "file events"} <= (
        found.keys()
    )
    assert {"service", "directories", "files with keys", "disk", "versions", "time zone"} <= (
        found.keys()
    )


def test_without_a_daemon_nothing_is_started(work):
    """Exit code 0: what can be checked is fine."""
    code, found = doctor(work, AIRCHER_AUTOSTART="1")
    assert (code, found["daemon"]["status"]) == (0, "warning")
    assert not work.socket.exists()


def test_provider_that_cannot_be_reached(work, sim):
    """It is a problem; the message says why."""
    text = work.config_file.read_text().replace(f"{sim.url}/v1", "http://127.0.0.1:1/v1")
    work.write_config(text)
    work.start({"WORK_KEY": KEY})
    code, found = doctor(work, WORK_KEY=KEY)
    assert (code, found["provider work"]["status"]) == (1, "problem")
    assert "curl -sSI http://127.0.0.1:1/v1" in found["provider work"]["cure"]


def test_provider_that_never_answers_does_not_make_it_hang(work, sim):
    """It has a deadline."""
    sim.faults.add(Fault("stall", endpoint="models", times=None))
    work.start({"WORK_KEY": KEY})
    _, found = doctor(work, WORK_KEY=KEY)
    assert found["provider work"]["message"] == "does not answer: no answer within 6 s"


def test_a_stopped_daemon_has_a_command_that_resumes_it(work):
    """After the command that it names, it answers again."""
    work.start()
    assert work.process is not None
    work.process.send_signal(signal.SIGSTOP)
    code, found = doctor(work)
    assert (code, found["daemon"]["cure"]) == (1, f"kill -CONT {work.process.pid}")
    assert found["daemon"]["message"].endswith("it is stopped")
    subprocess.run(found["daemon"]["cure"].split(), check=True)
    assert doctor(work)[1]["daemon"]["status"] == "ok"


def test_clock_that_is_off(work, sim):
    """By the header `Date`."""
    old = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 600))
    sim.faults.add(
        Fault("answer", endpoint="models", status=401, times=None, headers={"date": old})
    )
    work.start({"WORK_KEY": KEY})
    _, found = doctor(work, WORK_KEY=KEY)
    assert found["clock"]["status"] == "warning"
    assert "10 min ahead of that of work" in found["clock"]["message"]


def test_wrong_modes_are_found_and_their_commands_fix_them(work):
    """Directories, the environment file, the credentials file."""
    work.start()
    work.login("work", KEY)
    environment = work.config_file.parent / "environment"
    environment.write_text(f"WORK_KEY={OTHER}\n")
    environment.chmod(0o644)
    (work.data / "credentials.json").chmod(0o640)
    work.config_file.parent.chmod(0o755)
    code, found = doctor(work)
    assert code == 1
    assert found["environment file"]["cure"] == f"chmod 600 {environment}"
    assert found["files with keys"]["cure"] == f"chmod 600 {work.data / 'credentials.json'}"
    assert found["directories"]["cure"] == f"chmod 700 {work.config_file.parent}"
    environment.chmod(0o600)
    (work.data / "credentials.json").chmod(0o600)
    work.config_file.parent.chmod(0o700)
    code, found = doctor(work)
    statuses = [found[name]["status"] for name in ("environment file", "files with keys")]
    assert (code, statuses, found["directories"]["status"]) == (0, ["ok", "ok"], "ok")


def test_variable_that_the_daemon_cannot_see(work):
    """The cure stores it."""
    work.start()
    _, found = doctor(work, WORK_KEY=KEY)
    assert found["variables"]["cure"] == "aircher-cli auth import"
    done = work.cli("auth", "import", environ={"WORK_KEY": KEY})
    assert done.returncode == 0, done.stderr
    assert doctor(work, WORK_KEY=KEY)[1]["variables"]["status"] == "ok"


def test_variable_that_is_stale_in_the_daemon(work):
    """No value is shown, only that they differ."""
    work.start({"WORK_KEY": OTHER})
    _, found = doctor(work, WORK_KEY=KEY)
    assert found["variables"]["status"] == "warning"
    assert "which work uses" in found["variables"]["message"]
    assert found["variables"]["cure"] == "aircher-cli daemon restart"


def test_proxy_that_only_the_shell_has(work):
    """The cure puts it into the configuration, whose proxy is then used."""
    work.start()
    _, found = doctor(work, HTTPS_PROXY="http://127.0.0.1:9")
    assert found["proxy"]["cure"] == 'aircher-cli config set network.proxy "$HTTPS_PROXY"'
    done = work.cli("config", "set", "network.proxy", "http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert doctor(work, HTTPS_PROXY="http://127.0.0.1:9")[1]["proxy"]["status"] == "ok"


def test_invalid_configuration_has_its_line(work):
    """And is a problem."""
    work.start()
    work.write_config("default_modle = 1\n")
    done = work.cli("config", "reload")
    assert done.returncode != 0
    code, found = doctor(work)
    assert (code, found["config"]["cure"]) == (1, "aircher-cli config edit")
    assert "line 1: default_modle" in found["config"]["message"]


def test_another_time_zone(work):
    """That of a shell is not used, and the cure makes it the daemon's."""
    work.start({"TZ": "Pacific/Apia"})
    _, found = doctor(work, TZ="Asia/Tokyo")
    cure = "aircher-cli config set usage.time_zone Asia/Tokyo"
    assert (found["time zone"]["status"], found["time zone"]["cure"]) == ("warning", cure)
    assert work.cli(*cure.split()[1:]).returncode == 0
    _, found = doctor(work, TZ="Asia/Tokyo")
    assert (found["time zone"]["status"], found["time zone"]["message"]) == (
        "ok",
        "JST for client and daemon",
    )


@pytest.mark.secret_service
def test_keyring_is_described(work):
    """Its backend, its bus, and whether it is locked."""
    with secret_service() as keyring:
        work.start(keyring.environ)
        work.login("work", KEY)
        _, found = doctor(work)
        assert found["keyring"]["status"] == "ok"
        assert f"SecretService, bus unix:path={keyring.folder}/bus" in found["keyring"]["message"]
        keyring.lock()
        code, found = doctor(work)
        assert (code, found["keyring"]["status"]) == (1, "problem")
        assert "1 key is in it" in found["keyring"]["message"]


@pytest.mark.parametrize("columns", ["40", "80", "100"])
def test_text_fits_the_terminal(work, columns):
    """Only words that cannot be broken are longer."""
    work.start()
    done = work.cli("doctor", environ={"COLUMNS": columns})
    long = [line for line in done.stdout.splitlines() if len(line) >= int(columns)]
    assert [line for line in long if len(line.split()) > 2] == []
    assert done.stdout.splitlines()[-1].endswith("found.")
