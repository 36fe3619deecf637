"""The shipped units, checked by systemd itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers.required import missing
from helpers.systemd.machine import SERVICE

pytestmark = pytest.mark.systemd

UNITS = Path(__file__).parents[3] / "systemd"
DROP_IN = f"{SERVICE}.d/hardening.conf"


@pytest.fixture
def analyze(tmp_path: Path):
    """Run `systemd-analyze --user` in a home where aircher is installed as the units expect."""
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze", "apt install systemd")
    programs = tmp_path / "home" / ".local" / "bin"
    programs.mkdir(parents=True)
    for name in ("aircherd", "aircher-cli"):
        (programs / name).symlink_to("/bin/true")
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"), "LANG": "C.UTF-8"}
    environ["XDG_RUNTIME_DIR"] = str(tmp_path)

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["systemd-analyze", "--user", "--no-pager", *arguments],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )

    return run


@pytest.mark.parametrize("is_hardened", [False, True])
def test_systemd_has_nothing_to_say_about_the_units(analyze, tmp_path: Path, is_hardened: bool):
    """Also a misspelt key would be a line on standard error, though the exit code is 0."""
    folder = _copy(tmp_path, is_hardened=is_hardened)
    files = [str(folder / SERVICE), str(folder / "aircherd.socket")]
    done = analyze("--recursive-errors=no", "verify", *files)
    assert (done.stderr, done.stdout, done.returncode) == ("", "", 0)


def test_a_misspelt_key_is_noticed(analyze, tmp_path: Path):
    """The check above would fail."""
    unit = _copy(tmp_path, is_hardened=False) / SERVICE
    unit.write_text(unit.read_text().replace("LimitCORE", "LimitCoer"))
    assert "LimitCoer" in analyze("--recursive-errors=no", "verify", str(unit)).stderr


@pytest.mark.parametrize(("is_hardened", "limit"), [(False, 6.5), (True, 5.5)])
def test_the_exposure_is_low(analyze, tmp_path: Path, is_hardened: bool, limit: float):
    """The service has at most 6.5, and 5.5 with the drop-in; an empty unit has 9.8."""
    unit = _copy(tmp_path, is_hardened=is_hardened) / SERVICE
    done = analyze("security", "--offline=true", str(unit))
    [level] = re.findall(r"Overall exposure level for aircherd.service: ([0-9.]+)", done.stdout)
    assert float(level) <= limit, done.stdout


def test_the_socket_directory_belongs_to_the_socket():
    """With RuntimeDirectory= a stop of the service would delete the live socket."""
    for file in (UNITS / SERVICE, UNITS / DROP_IN):
        assert "RuntimeDirectory" not in file.read_text()


def _copy(tmp_path: Path, *, is_hardened: bool) -> Path:
    """Copy the units; a drop-in next to a unit is read with it."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    if not is_hardened:
        shutil.rmtree(folder / f"{SERVICE}.d")
    return folder
