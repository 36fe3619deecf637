"""Versions and time zones of client and daemon."""

from pathlib import Path

import pytest

from aircher_cli.commands.doctor.versions import (
    RESTART,
    installed_version,
    time_zone_findings,
    version_findings,
)

SET_ZONE = "systemctl --user set-environment TZ=UTC"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installation of version 2."""
    (tmp_path / "aircherd").mkdir()
    (tmp_path / "aircher_wire").mkdir()
    (tmp_path / "aircher_wire" / "version.py").write_text('"""Doc."""\n\n__version__ = "2"\n')
    return tmp_path / "aircherd"


def test_same_version(package: Path) -> None:
    """Also from two installations."""
    facts = {"version": "2", "package": str(package)}
    (found,) = version_findings(facts, "2", str(package))
    assert (found.status, found.message) == ("ok", "client and daemon are 2")
    (found,) = version_findings(facts, "2", "/elsewhere")
    assert (found.status, "this client from /elsewhere" in found.message) == ("ok", True)


def test_installation_that_was_updated_or_removed(package: Path) -> None:
    """The daemon still runs what it has loaded: a restart helps."""
    facts = {"version": "1", "package": str(package)}
    (found,) = version_findings(facts, "2", str(package))
    assert (found.status, found.cure) == ("warning", RESTART)
    assert "is version 1, and 2 is installed now" in found.message
    (found,) = version_findings({"version": "1", "package": "/gone/aircherd"}, "2", "")
    assert (found.status, found.cure) == ("problem", RESTART)


def test_client_of_another_version(package: Path) -> None:
    """From another installation."""
    (found,) = version_findings({"version": "2", "package": str(package)}, "3", "/elsewhere")
    assert (found.status, found.cure) == ("warning", RESTART)
    assert found.message.endswith("this client is 3")


def test_unknown_version_is_empty(tmp_path: Path) -> None:
    """There is no file, or it says nothing."""
    assert installed_version(str(tmp_path / "aircherd")) == ""


@pytest.mark.parametrize(
    ("offset", "environ", "started_by", "cure"),
    [
        (3600, {}, "client", ""),
        (0, {}, "client", RESTART),
        (0, {"TZ": "UTC"}, "client", "aircher-cli config set usage.time_zone UTC"),
        (
            0,
            {"TZ": "Asia/Tokyo"},
            "systemd (socket)",
            "aircher-cli config set usage.time_zone Asia/Tokyo",
        ),
        (0, {"TZ": "CET-1CEST"}, "client", "unset TZ"),
        (0, {}, "systemd", f"systemctl --user unset-environment TZ && {RESTART}"),
    ],
)
def test_time_zones(offset: int, environ: dict[str, str], started_by: str, cure: str) -> None:
    """Limits per day begin at midnight of the daemon."""
    facts = {"time_zone": {"name": "CET", "offset_s": 3600}, "started_by": started_by}
    (found,) = time_zone_findings(facts, offset, "UTC", environ)
    assert (found.status, found.cure) == ("warning" if cure else "ok", cure)
    assert time_zone_findings({}, offset, "UTC", environ) == []
    facts["time_zone"] = {"name": "CET", "offset_s": 3600, "configured": True}
    (found,) = time_zone_findings(facts, offset, "UTC", environ)
    assert (found.status, found.cure) == ("ok", "")
