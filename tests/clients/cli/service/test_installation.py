"""Where the daemon is installed."""

import sys
from pathlib import Path

import pytest

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service import installation
from aircher_cli.service.installation import (
    Installation,
    check_alone,
    find_installation,
    temporary_tool,
)


def test_this_one_is_found() -> None:
    """It is the Python of these tests, by the path of its venv, and the daemon's sources."""
    found = find_installation()
    assert found.python == sys.executable
    assert (Path(found.package) / "__main__.py").is_file()
    assert found.missing() is None


def test_a_client_without_the_daemon_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """There would be nothing to start."""
    monkeypatch.setattr(installation, "find_spec", lambda name: None)
    with pytest.raises(CommandFailed, match="reinstall aircher"):
        find_installation()


def test_what_is_gone_is_named(tmp_path: Path) -> None:
    """Also a venv whose Python is a link to nowhere is gone."""
    link = tmp_path / "python"
    link.symlink_to(tmp_path / "removed")
    assert Installation(str(link), str(tmp_path)).missing() == str(link)
    link.unlink()
    link.touch()
    assert Installation(str(link), str(tmp_path)).missing() is None
    assert Installation(str(link), str(tmp_path / "aircherd")).missing() == str(
        tmp_path / "aircherd"
    )


@pytest.mark.parametrize(
    ("python", "environ", "tool"),
    [
        ("/home/ann/.cache/uv/archive-v0/Xyz/bin/python", {}, "uvx"),
        ("/var/cache/uv/x/bin/python", {"UV_CACHE_DIR": "/var/cache/uv"}, "uvx"),
        ("/home/ann/.local/pipx/.cache/0a1b/bin/python", {}, "pipx run"),
        ("/home/ann/.cache/pipx/0a1b/bin/python", {}, "pipx run"),
        ("/home/ann/.local/share/pipx/venvs/aircher/bin/python", {}, None),
        ("/home/ann/.local/share/uv/tools/aircher/bin/python", {}, None),
        ("/usr/bin/python3", {}, None),
    ],
)
def test_temporary_installations(python: str, environ: dict[str, str], tool: str | None) -> None:
    """What a tool runs once is removed later, so no service can start it."""
    assert tool == temporary_tool(Installation(python, "/x"), environ)


def test_a_python_that_needs_the_shell_to_find_the_package(tmp_path: Path) -> None:
    """A service would not start; with its own packages it would."""
    check_alone(find_installation(), {"PATH": "/usr/bin:/bin"})
    bare = tmp_path / "python"
    bare.symlink_to(Path(sys.executable).resolve())
    with pytest.raises(CommandFailed, match=r"does not find aircher by itself.*No module named"):
        check_alone(Installation(str(bare), "/"), {"PATH": "/usr/bin:/bin"})
    with pytest.raises(CommandFailed, match="cannot run /nowhere"):
        check_alone(Installation("/nowhere", "/"), {})
