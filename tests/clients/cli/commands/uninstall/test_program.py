"""The command that removes the program."""

import sys
from pathlib import Path

import pytest

from aircher_cli.commands.uninstall import program
from aircher_cli.commands.uninstall.program import removal_command


@pytest.mark.parametrize(
    ("record", "command"),
    [
        ("pipx_metadata.json", "pipx uninstall aircher"),
        ("uv-receipt.toml", "uv tool uninstall aircher"),
    ],
)
def test_a_tool_leaves_a_record(tmp_path: Path, record: str, command: str) -> None:
    """The tool that made the environment removes it, with its links."""
    (tmp_path / record).touch()
    assert removal_command({}, prefix=tmp_path, base_prefix=Path("/usr")) == command


def test_an_environment_for_aircher_alone(tmp_path: Path) -> None:
    """It goes as a whole, with the links to it in PATH, and no others."""
    prefix, links = tmp_path / "my aircher-venv", tmp_path / "bin"
    (prefix / "bin").mkdir(parents=True)
    links.mkdir()
    (prefix / "bin/aircher-cli").touch()
    (links / "aircher-cli").symlink_to(prefix / "bin/aircher-cli")
    (links / "aircherd").symlink_to("/usr/bin/aircherd")
    found = removal_command({"PATH": f"{links}:{prefix}/bin"}, prefix=prefix, base_prefix=tmp_path)
    assert found == f"rm -r '{prefix}' {links}/aircher-cli"


def test_an_environment_with_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the package is removed; without pip, how is not known."""
    place = tmp_path / "venv"
    command = removal_command({}, prefix=place, base_prefix=tmp_path)
    assert command == f"{sys.executable} -m pip uninstall aircher"
    monkeypatch.setattr(program, "find_spec", lambda _: None)
    assert removal_command({}, prefix=place, base_prefix=tmp_path) is None
