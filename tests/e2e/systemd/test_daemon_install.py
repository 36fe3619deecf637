"""`daemon install` and `uninstall` with a real systemd: from a clean home and back to it."""

import json
import re
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import Home
from helpers.systemd.machine import SERVICE, SOCKET, Install, Machine, ask

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]


def unit_files(home: Home) -> list[str]:
    """Return the files and directories below the one for configuration, without systemd's own."""
    base = home.root / "config"
    found = (path.relative_to(base).as_posix() for path in base.rglob("*"))
    return sorted(name for name in found if "user.control" not in name)


def test_one_command_from_a_clean_home_to_an_answer(machine: Machine, install: Install):
    """The service runs, is hardened, and answers; the socket starts it again by itself."""
    home, manager = machine
    lines = install().splitlines()
    assert [re.sub(r"\(process.*", "", line) for line in lines] == [
        "✓ wrote ~/config/systemd/user/aircherd.service",
        "✓ wrote ~/config/systemd/user/aircherd.socket",
        "✓ enabled aircherd.socket",
        "✓ started aircherd.socket, which listens on ~/run/aircher/aircher.sock",
        "✓ started aircherd.service",
        "✓ aircherd 0.1.0 is running ",
    ]
    first = manager.main_pid(SERVICE)
    assert ask(home)
    status = Path(f"/proc/{first}/status").read_text()
    assert re.search(r"NoNewPrivs:\s+1\n", status)
    assert re.search(r"Seccomp:\s+2\n", status)
    assert home.socket.stat().st_mode & 0o777 == 0o600
    assert home.socket.parent.stat().st_mode & 0o777 == 0o700
    manager.systemctl("stop", SERVICE)
    assert ask(home)
    assert manager.main_pid(SERVICE) not in (0, first)
    with home.client() as client:
        assert client.call("status")["started_by"].startswith("systemd")


def test_keys_of_the_shell_are_named(machine: Machine):
    """The service does not see them, and the first installation says how it gets them."""
    home, _ = machine
    shell = {"OPENAI_API_KEY": "canary-shell-0123456789abcdef", "WORK_KEY": "x"}
    done = home.cli("daemon", "install", environ=shell)
    assert done.returncode == 0
    assert done.stderr == (
        "the service does not see OPENAI_API_KEY of this shell: 'aircher-cli auth import' stores "
        "what it has\n"
    )
    assert home.cli("daemon", "install", environ=shell).stderr == ""


def test_programs_that_only_the_shell_finds_are_named(machine: Machine):
    """Systemd's PATH is another one; the file with the service's variables can have it."""
    home, _ = machine
    programs = home.root / "programs"
    programs.mkdir()
    (programs / "my-keys").write_text("#!/bin/sh\necho key")
    (programs / "my-keys").chmod(0o755)
    more = '[providers.mine]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    home.write_config(home.config_file.read_text() + more + 'key_command = ["my-keys"]\n')
    shell = {"PATH": f"{programs}:{home.environ['PATH']}"}
    done = home.cli("daemon", "install", environ=shell)
    assert done.returncode == 0
    assert f"the service does not find my-keys, which a key_command runs: write {programs}" in (
        done.stderr
    )
    assert home.cli("daemon", "uninstall").returncode == 0
    with (home.config_file.parent / "environment").open("a") as file:
        file.write(f"PATH={shell['PATH']}\n")
    assert home.cli("daemon", "install", environ=shell).stderr == ""


def test_the_socket_listens_after_a_login(machine: Machine, install: Install):
    """Nothing runs until the first request."""
    home, manager = machine
    install()
    manager.systemctl("stop", SOCKET)
    manager.systemctl("stop", "sockets.target")
    manager.systemctl("start", "default.target", "sockets.target")
    assert manager.show(SOCKET, "ActiveState") == "active"
    assert manager.show(SERVICE, "ActiveState") == "inactive"
    assert ask(home)


def test_installing_twice_changes_nothing(machine: Machine, install: Install):
    """The daemon is not even restarted."""
    _, manager = machine
    install()
    pid = manager.main_pid(SERVICE)
    first, second = install().splitlines()
    assert first == "nothing to do: the service is installed already"
    assert f"(process {pid}," in second
    record = json.loads(install("--json"))
    assert (record["changed"], record["steps"], record["pid"]) == (False, [], pid)


def test_nothing_is_left_after_uninstall(machine: Machine, install: Install):
    """Units, links, socket and process are gone; the config stays. A second time is no failure."""
    home, manager = machine
    before = unit_files(home)
    install("--hardened")
    assert ask(home)
    pid = manager.main_pid(SERVICE)
    done = home.cli("daemon", "uninstall")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        "✓ stopped aircherd.socket and aircherd.service",
        "✓ disabled aircherd.socket",
    ]
    assert "kept ~/.aircher" in done.stdout
    assert unit_files(home) == before
    assert not home.socket.exists()
    assert not Path(f"/proc/{pid}").exists()
    assert home.config_file.exists()
    assert manager.show(SERVICE, "LoadState") == "not-found"
    done = home.cli("daemon", "uninstall")
    assert (done.returncode, done.stdout) == (0, "nothing to do: no service is installed\n")


def test_a_foreign_unit(machine: Machine, install: Install):
    """It is refused; with --force a copy is kept, and `uninstall` leaves the copy."""
    home, manager = machine
    theirs = "[Service]\nExecStart=/bin/sleep 100\n"
    manager.write_unit(SERVICE, theirs)
    done = home.cli("daemon", "install")
    assert done.returncode == 1
    assert "is not from aircher-cli" in done.stderr
    assert (manager.unit_folder / SERVICE).read_text() == theirs
    install("--force")
    assert ask(home)
    assert home.cli("daemon", "uninstall").returncode == 0
    [copy] = manager.unit_folder.glob("*.bak")
    assert copy.read_text() == theirs


def test_another_home(machine: Machine, install: Install):
    """AIRCHER_HOME of the caller is that of the service, with its own socket and data."""
    home, manager = machine
    other = home.root / "other home"
    home.config_file.parent.rename(other)
    home.environ["AIRCHER_HOME"] = str(other)
    install()
    assert ask(home)
    with home.client() as client:
        status = client.call("status")
    assert status["pid"] == manager.main_pid(SERVICE)
    assert status["config"]["file"] == f"{other}/config.toml"


@pytest.mark.parametrize("name", ["XDG_DATA_HOME", "XDG_STATE_HOME"])
def test_directories_of_the_caller(machine: Machine, install: Install, name: str):
    """A directory that only the shell knows is also the service's: keys are found again."""
    home, _ = machine
    home.environ[name] = str(home.root / "elsewhere")
    install()
    environ = (home.root / "config" / "systemd" / "user" / SERVICE).read_text()
    assert f"Environment={name}={home.root}/elsewhere\n" in environ
    assert ask(home)


def test_no_manager(machine: Machine):
    """Without a systemd of this user it says how to get one, and writes nothing."""
    home, _ = machine
    before = unit_files(home)
    run = home.root / "no run"
    run.mkdir(mode=0o700)
    done = home.cli("daemon", "install", environ={"XDG_RUNTIME_DIR": str(run)})
    assert done.returncode == 1
    assert "loginctl enable-linger" in done.stderr
    assert unit_files(home) == before
