"""What the service starts: from a wheel in a virtual environment, wherever that is."""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

import aircherd
from aircherd.testing.simulator import Simulator
from helpers.built_wheel import make_venv, site_packages
from helpers.daemon.real_daemon import home as open_home
from helpers.required import missing
from helpers.secret_service import secret_service
from helpers.systemd.machine import SERVICE, Install, Machine, ask
from helpers.systemd.manager import user_manager

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]

WriteConfig = Callable[..., None]


@pytest.mark.parametrize("name", ["venv", "my tools", "100% [$HOME] a\"b'c", "müsli"])
def test_an_environment_with_an_odd_name(
    machine: Machine, install: Install, wheel: Path, name: str
):
    """Its path reaches the daemon unchanged, and so it does on a reload."""
    home, manager = machine
    home.python = str(make_venv(home.root / name, wheel))
    install()
    command = Path(f"/proc/{manager.main_pid(SERVICE)}/cmdline").read_bytes().split(b"\0")
    assert command[0].decode() == home.python
    assert ask(home, "-m", "work/gpt-5.5")
    manager.systemctl("reload", SERVICE)


def test_an_environment_that_is_gone(machine: Machine, install: Install, wheel: Path):
    """Every command says so, and `daemon install` from another one fixes it."""
    home, manager = machine
    ours, venv = home.python, home.root / "venv"
    home.python = str(make_venv(venv, wheel))
    install()
    home.python = ours
    shutil.rmtree(venv)
    done = home.cli("daemon", "restart")  # and the old one still runs
    assert (done.returncode, home.cli("daemon", "status").returncode) == (1, 0)
    assert f"there is no {venv}/bin/python" in done.stderr
    notice = " ".join(home.cli("status").stdout.split())
    assert "was removed" in notice
    assert "'aircher-cli daemon install'" in notice
    assert "daemon restart" not in notice
    assert "cure: aircher-cli daemon restart" not in home.cli("doctor").stdout
    manager.systemctl("stop", SERVICE)
    for command in (("ask", "hello"), ("daemon", "restart"), ("daemon", "status")):
        done = home.cli(*command)
        assert done.returncode != 0
        assert f"there is no {venv}/bin/python" in done.stderr, command
        assert "'aircher-cli daemon install'" in done.stderr
    assert "✓ replaced" in install()
    assert ask(home, "-m", "work/gpt-5.5")


def test_uninstall_without_the_environment(machine: Machine, install: Install, wheel: Path):
    """The running daemon of an environment that is gone is stopped and removed."""
    home, manager = machine
    ours, venv = home.python, home.root / "venv"
    home.python = str(make_venv(venv, wheel))
    install()
    pid = manager.main_pid(SERVICE)
    home.python = ours
    shutil.rmtree(venv)
    done = home.cli("daemon", "uninstall")
    assert done.returncode == 0, done.stderr
    assert not Path(f"/proc/{pid}").exists()
    assert not (manager.unit_folder / SERVICE).exists()


def test_an_upgrade(machine: Machine, install: Install, wheel: Path):
    """`daemon restart` is all that the new version needs, with its changes to the units."""
    home, manager = machine
    venv = home.root / "venv"
    home.python = str(make_venv(venv, wheel))
    install()
    version = site_packages(venv) / "aircher_wire" / "version.py"
    version.write_text(version.read_text().replace("0.1.0", "0.2.0"))
    unit = site_packages(venv) / "aircher_cli" / "service" / "units" / SERVICE
    unit.write_text(unit.read_text().replace("RestartSec=1", "RestartSec=2"))
    done = home.cli("daemon", "restart")
    assert done.returncode == 0, done.stderr
    assert "aircherd 0.2.0 is running" in done.stdout
    assert manager.show(SERVICE, "ActiveState") == "active"
    assert manager.show(SERVICE, "RestartUSec") == "2s"
    assert "nothing to do" in install()


@pytest.mark.parametrize("options", [(), ("--hardened",)])
def test_what_the_hardening_must_allow(sim: Simulator, config: WriteConfig, options: tuple[str]):
    """Keys from the keyring, from a command and from the environment; data, state and usage."""
    sim.keys.accept("openai", "canary-stored-0123456789abcdef")
    sim.keys.accept("openai", "canary-command-0123456789abcdef")
    more = (
        f'[providers.command]\nkind = "openai"\nbase_url = "{sim.url}/v1"\n'
        'key_command = ["sh", "-c", "echo canary-command-0123456789abcdef"]\n'
        f'[providers.stored]\nkind = "openai"\nbase_url = "{sim.url}/v1"\n'
    )
    with (
        secret_service() as service,
        open_home(service.environ) as home,
        user_manager(home.environ) as manager,
    ):
        config(home, more)
        done = home.cli("daemon", "install", *options)
        assert done.returncode == 0, f"{done.stderr}\n{manager.all_logs()}"
        home.login("stored", "canary-stored-0123456789abcdef")
        assert "canary-stored-0123456789abcdef" in service.stored("aircher").values()
        for provider in ("work", "command", "stored"):
            assert ask(home, "-m", f"{provider}/gpt-5.5")
        assert (home.data / "ledger.db").exists()
        assert '"in_use": "none"' not in home.cli("status", "--json").stdout
        manager.systemctl("reload", SERVICE)
        manager.systemctl("restart", SERVICE)
        assert ask(home, "-m", "stored/gpt-5.5")


def test_what_the_drop_in_forbids(
    sim: Simulator, config: WriteConfig, monkeypatch: pytest.MonkeyPatch
):
    """Key commands can read the home but not write to it, and have a /tmp of their own.

    Not in a checkout below /tmp, which the daemon must see.
    """
    key = "canary-work-0123456789abcdef"
    files = (sys.executable, aircherd.__file__, sysconfig.get_path("purelib"))
    is_private = not any(file.startswith(("/tmp/", "/var/tmp/")) for file in files)
    touch = "touch $HOME/written; touch /tmp/{name}" + (" && " if is_private else "; ")
    more = (
        '[providers.command]\nkind = "openai"\nbase_url = "{url}/v1"\nkey_command = ["sh", "-c", '
        f'"{touch}cat $HOME/key"]\n'
    )
    monkeypatch.setattr(tempfile, "tempdir", "/run")  # a home that is not in /tmp
    with open_home() as home, user_manager(home.environ) as manager:
        name = f"aircher-{home.root.name}"
        config(home, more.format(url=sim.url, name=name))
        (home.root / "key").write_text(key)
        done = home.cli("daemon", "install", "--hardened")
        assert done.returncode == 0, f"{done.stderr}\n{manager.all_logs()}"
        assert ask(home, "-m", "command/gpt-5.5")
        assert not (home.root / "written").exists()
        drop_in = manager.unit_folder / f"{SERVICE}.d" / "hardening.conf"
        assert ("\nPrivateTmp=yes\n" in drop_in.read_text()) is is_private
        assert not Path("/tmp", name).exists()
        for folder in (home.root / ".aircher", home.data, home.root / "state" / "aircher"):
            assert folder.stat().st_mode & 0o777 == 0o700


def test_a_program_that_compiles_needs_the_plain_unit(machine: Machine, install: Install):
    """A key command in Node.js works; the drop-in forbids it, as docs/service.md says."""
    home, manager = machine
    node = shutil.which("node")
    if node is None:
        missing("Node.js", "apt install nodejs")
    script = "let s = 0; for (let i = 0; i < 1e6; i++) s += i; console.log(s)"
    install()
    hardening = (home.root / "config" / "systemd" / "user" / SERVICE).read_text()
    settings = [line for line in hardening.splitlines() if line.startswith(("No", "Lock", "Res"))]
    settings += [line for line in hardening.splitlines() if line.startswith("SystemCall")]
    unit = "\n".join(["[Service]", "Type=oneshot", *settings, f"ExecStart={node} -e '{script}'"])
    manager.write_unit("node.service", unit)
    manager.systemctl("start", "node.service")
    manager.write_unit("node.service", f"{unit}\nMemoryDenyWriteExecute=yes\n")
    done = subprocess.run(
        ["systemctl", "--user", "start", "node.service"],
        env=manager.environ,
        capture_output=True,
        check=False,
        timeout=50,
    )
    assert done.returncode != 0
