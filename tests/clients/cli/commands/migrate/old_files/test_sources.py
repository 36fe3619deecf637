"""Where the old files are, in all layouts."""

import os
import pwd
from pathlib import Path

import pytest

from aircher_cli.commands.migrate.old_files.sources import (
    NoHome,
    files_in,
    find_files,
    project_places,
    user_home,
)
from helpers.old_aircher.places import LAYOUTS, write_files


def find(root, **environ):
    found = find_files({"HOME": str(root), **environ})
    return [(str(f.path.relative_to(root)), f.role, f.layout) for f in found]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_found(tmp_path, layout):
    """The files of each layout are found, with their roles."""
    write_files(tmp_path, LAYOUTS[layout])
    found = {name: role for name, role, _ in find(tmp_path)}
    for name in LAYOUTS[layout]:
        covering = [each for each in found if name == each or name.startswith(f"{each}/")]
        assert covering, f"{name} was not found"


def test_the_newest_layout_comes_first(tmp_path):
    """Where two layouts have a configuration, the one of the last layout is first."""
    for layout in ("xdg", "macos", "home"):
        write_files(tmp_path, LAYOUTS[layout])
    configs = [(name, layout) for name, role, layout in find(tmp_path) if role == "config"]
    assert configs == [
        (".aircher/config.toml", "home"),
        (".config/aircher/config.toml", "xdg"),
        ("Library/Application Support/aircher/config.toml", "macos"),
    ]


def test_xdg_variables_move_the_places(tmp_path):
    """Absolute XDG variables count; relative ones are ignored, as the specification says."""
    write_files(tmp_path, {"c/aircher/auth.json": "{}", "d/aircher/sessions.db": ""})
    found = find(tmp_path, XDG_CONFIG_HOME=f"{tmp_path}/c", XDG_DATA_HOME=f"{tmp_path}/d")
    assert [name for name, _, _ in found] == ["c/aircher/auth.json", "d/aircher/sessions.db"]
    assert find(tmp_path, XDG_CONFIG_HOME="c") == []


def test_a_broken_link_is_found(tmp_path):
    """A link to nothing is there, and is reported later."""
    (tmp_path / ".aircher").mkdir()
    (tmp_path / ".aircher" / "auth.json").symlink_to(tmp_path / "none")
    assert find(tmp_path) == [(".aircher/auth.json", "keys", "home")]


def test_files_of_a_given_place(tmp_path):
    """A folder or a file can be named."""
    write_files(tmp_path, {"p/config.toml": "", "p/permissions.toml": "", "k.json": "{}"})
    assert [f.role for f in files_in(tmp_path / "p")] == ["config", "permissions"]
    assert [f.role for f in files_in(tmp_path / "p" / "config.toml")] == ["config"]
    assert [f.role for f in files_in(tmp_path / "k.json")] == ["keys"]


def test_projects_are_found_above_the_working_directory(tmp_path):
    """The .aircher folders of projects are found; the one in the home is not a project's."""
    write_files(tmp_path, {"home/.aircher/config.toml": "", "home/p/.aircher/config.toml": ""})
    home = tmp_path / "home"
    (home / "p" / "src").mkdir()
    assert project_places(home / "p" / "src", home) == [home / "p" / ".aircher"]


def test_without_a_home_the_user_database_is_asked():
    """HOME may be unset, as in a service."""
    assert user_home({}) == Path(pwd.getpwuid(os.getuid()).pw_dir)


def test_without_any_home(monkeypatch):
    """A user without an entry gets an error that says what to do."""

    def missing(_uid):
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", missing)
    with pytest.raises(NoHome, match="set HOME"):
        user_home({})
