"""Installing the systemd units; tests/e2e/systemd has the same with a real systemd."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service import rendering, systemd_install
from aircher_cli.service.manager import Wishes
from aircher_cli.service.rendering import HARDENING, is_unchanged
from aircher_cli.service.steps import Steps
from aircher_client.systemd_socket import MARKER
from helpers.systemd.fake_systemctl import FakeSystemctl

QUIET = Wishes(hardened=None, start=False, force=False, timeout=5)
Install = Callable[..., list[str]]


@pytest.fixture
def install(systemctl: FakeSystemctl) -> Install:
    """Install with the given wishes, and return what was done."""

    def run(**wishes: object) -> list[str]:
        console = Console(None, None, {})
        steps = Steps(console, is_silent=True)
        context = Context(console, systemctl.environ, None)
        systemd_install.install(context, steps, QUIET._replace(**wishes))  # type: ignore[arg-type]
        return steps.changes

    return run


def test_a_first_time(systemctl: FakeSystemctl, install: Install) -> None:
    """Files are written before systemd reads them, and the socket is enabled."""
    assert install() == [
        "wrote ~/.config/systemd/user/aircherd.service",
        "wrote ~/.config/systemd/user/aircherd.socket",
        "enabled aircherd.socket",
    ]
    assert [call for call in systemctl.calls if not call.startswith(("show", "is-"))] == [
        "daemon-reload",
        "enable aircherd.socket",
    ]


def test_a_second_time(systemctl: FakeSystemctl, install: Install) -> None:
    """Nothing is written and nothing is said."""
    install()
    systemctl.answer({"is-enabled": (0, "enabled")})
    before = systemctl.unit_folder.joinpath("aircherd.service").stat()
    assert install() == []
    after = systemctl.unit_folder.joinpath("aircherd.service").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def _update(systemctl: FakeSystemctl) -> list[str]:
    console = Console(None, None, {})
    steps = Steps(console, is_silent=True)
    systemd_install.update(Context(console, systemctl.environ, None), steps)
    return steps.changes


def test_files_of_an_earlier_version_are_updated(
    systemctl: FakeSystemctl, install: Install
) -> None:
    """The drop-in is one of them, and stays; without a service nothing happens."""
    assert _update(systemctl) == []
    install(hardened=True)
    assert _update(systemctl) == []
    for name in ("aircherd.service", HARDENING):
        file = systemctl.unit_folder / name
        body = file.read_text().partition("\n\n")[2] + "# of an earlier version\n"
        file.write_text(rendering.with_header(body))
    assert _update(systemctl) == [
        "replaced ~/.config/systemd/user/aircherd.service",
        f"replaced ~/.config/systemd/user/{HARDENING}",
    ]


@pytest.mark.parametrize(
    ("old", "new"), [("RestartSec=1", "RestartSec=9"), ("\nPython=", "\nPython=/other")]
)
def test_what_is_not_updated(
    systemctl: FakeSystemctl, install: Install, old: str, new: str
) -> None:
    """A file that the user changed, and the service of another installation."""
    install()
    file = systemctl.unit_folder / "aircherd.service"
    changed = file.read_text().partition("\n\n")[2].replace(old, new)
    file.write_text(rendering.with_header(changed) if "Python" in old else f"{MARKER}\n{changed}")
    assert _update(systemctl) == []
    assert new in file.read_text()


def test_the_drop_in_comes_and_goes(systemctl: FakeSystemctl, install: Install) -> None:
    """It stays without an option, so that installing again to fix something keeps it."""
    file = systemctl.unit_folder / HARDENING
    assert "wrote ~/.config/systemd/user/aircherd.service.d/hardening.conf" in install(
        hardened=True
    )
    assert (systemctl.folder / "home" / ".aircher").stat().st_mode & 0o777 == 0o700
    systemctl.answer({"is-enabled": (0, "enabled")})
    assert install() == []
    assert is_unchanged(file.read_text())
    assert install(hardened=False) == [
        "removed ~/.config/systemd/user/aircherd.service.d/hardening.conf"
    ]
    assert not file.parent.exists()


@pytest.mark.parametrize("name", ["aircherd.service", "aircherd.socket", HARDENING])
def test_a_file_that_is_not_ours(systemctl: FakeSystemctl, install: Install, name: str) -> None:
    """It is refused before anything is written, or kept as a copy with --force."""
    file = systemctl.unit_folder / name
    file.parent.mkdir(parents=True)
    file.write_text("theirs")
    with pytest.raises(CommandFailed, match=f"{name} is not from aircher-cli: move it away"):
        install(hardened=True)
    assert [path for path in systemctl.unit_folder.rglob("*") if path.is_file()] == [file]
    install(hardened=True, force=True)
    [copy] = file.parent.glob("*.bak")
    assert copy.read_text() == "theirs"
    assert is_unchanged(file.read_text())


def test_a_file_of_ours_that_was_changed(systemctl: FakeSystemctl, install: Install) -> None:
    """The change is not lost without a word: a copy is kept."""
    install()
    file = systemctl.unit_folder / "aircherd.service"
    file.write_text(file.read_text().replace("RestartSec=1", "RestartSec=9"))
    [moved, *_] = install()
    assert moved.startswith("moved ~/.config/systemd/user/aircherd.service, which was changed, to")
    [copy] = file.parent.glob("aircherd.service.*.bak")
    assert "RestartSec=9" in copy.read_text()
    assert "RestartSec=1" in file.read_text()


def test_a_unit_of_the_system(systemctl: FakeSystemctl, install: Install) -> None:
    """A package of the distribution brings its own; how to use that is said."""
    theirs = (0, "FragmentPath=/usr/lib/systemd/user/aircherd.service")
    systemctl.answer({"show aircherd.service --property=FragmentPath": theirs})
    with pytest.raises(CommandFailed, match=r"systemctl --user enable --now aircherd.socket"):
        install()
    assert install(force=True)


def test_a_folder_that_systemd_does_not_read(systemctl: FakeSystemctl, install: Install) -> None:
    """Systemd was started with another XDG_CONFIG_HOME."""
    systemctl.answer({"--property=UnitPath": (0, "/other/systemd/user /etc/systemd/user")})
    with pytest.raises(CommandFailed, match="systemd does not read units from"):
        install()


def test_a_folder_that_cannot_be_written(systemctl: FakeSystemctl, install: Install) -> None:
    """The first file fails, and systemd does not read any."""
    systemctl.unit_folder.parent.mkdir(parents=True)
    systemctl.unit_folder.write_text("a file")
    with pytest.raises(CommandFailed, match="cannot write"):
        install()
    assert "daemon-reload" not in systemctl.calls


def test_a_service_that_does_not_start(systemctl: FakeSystemctl, install: Install) -> None:
    """Why, and where to read more."""
    systemctl.answer(
        {
            "--property=FragmentPath": (0, ""),
            "start aircherd.service": (1, "failed"),
            "show aircherd.service": (
                0,
                "ActiveState=inactive\nResult=exit-code\nExecMainStatus=1",
            ),
            "show aircherd.socket": (0, "ActiveState=inactive"),
        }
    )
    with pytest.raises(CommandFailed, match=r"aircherd.service does not start \(result exit-code"):
        install(start=True)


def test_hardening_that_the_system_refuses(systemctl: FakeSystemctl, install: Install) -> None:
    """The drop-in is taken away again, so that there is a service."""
    systemctl.answer(
        {
            "--property=FragmentPath": (0, ""),
            "start aircherd.service": (1, "failed"),
            "show aircherd.service": (
                0,
                "ActiveState=inactive\nResult=exit-code\nExecMainStatus=226",
            ),
            "show aircherd.socket": (0, "ActiveState=inactive"),
        }
    )
    with pytest.raises(CommandFailed, match=r"forbids user namespaces.*installed without it"):
        install(start=True, hardened=True)
    assert not (systemctl.unit_folder / HARDENING).exists()
    assert systemctl.calls[-1] == "start aircherd.socket aircherd.service"
    assert Path(systemctl.unit_folder / "aircherd.service").exists()
