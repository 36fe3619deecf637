"""What the earlier aircher left, until this one has a configuration or keys."""

import pwd
from pathlib import Path

import pytest

from aircher_cli.picker.view.sign_in.old_files import old_files


@pytest.mark.parametrize(
    "old",
    [
        ".aircher/auth.json",
        ".config/aircher/config.toml",
        "Library/Application Support/aircher/config.toml",
    ],
)
@pytest.mark.parametrize("new", [".aircher/config.toml", ".local/share/aircher/keys.json"])
def test_old_files_are_found_until_there_are_new_ones(tmp_path: Path, old: str, new: str) -> None:
    """The paths are shown with `~`."""
    environ = {"HOME": str(tmp_path)}
    for file, expected in ((None, []), (old, [f"~/{old}"]), (new, [])):
        if file is not None:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
        assert old_files(environ) == expected


def test_another_home_and_another_place_of_configurations(tmp_path: Path) -> None:
    """The earlier one knew no AIRCHER_HOME: its files are where they always were."""
    (tmp_path / "xdg/aircher").mkdir(parents=True)
    (tmp_path / "xdg/aircher/auth.json").touch()
    environ = {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "AIRCHER_HOME": str(tmp_path / "other"),
    }
    assert old_files(environ) == [f"{tmp_path}/xdg/aircher/auth.json"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other/config.toml").touch()
    assert old_files(environ) == []
    config = str(tmp_path / "none.toml")
    assert old_files(environ, config, config) != []


def test_a_user_without_a_home_has_no_old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container: the picker ended with an error instead of its first screen."""

    def no_user(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", no_user)
    assert old_files({}) == []
