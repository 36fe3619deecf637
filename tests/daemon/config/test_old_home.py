"""What the earlier aircher left behind, as the daemon notices it."""

import pytest

from aircherd.config.old_home import find_old_home
from aircherd.config.paths import resolve_paths
from helpers.old_aircher.places import LAYOUTS, write_files


def find(root):
    environ = {"HOME": str(root)}
    found = find_old_home(environ, resolve_paths(environ))
    return None if found is None else str(found.relative_to(root))


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, None),
        (LAYOUTS["xdg"], ".config/aircher/config.toml"),
        (LAYOUTS["first"], ".config/aircher/config.toml"),
        (LAYOUTS["macos"], ".config/aircher/auth.json"),
        ({".aircher/auth.json": "{}"}, ".aircher/auth.json"),
        # the configuration is there, and is reported as invalid
        (LAYOUTS["home"], None),
        # the user has begun with this program
        ({**LAYOUTS["xdg"], ".aircher/config.toml": ""}, None),
        ({**LAYOUTS["xdg"], ".local/share/aircher/keys.json": "{}"}, None),
    ],
)
def test_find_old_home(tmp_path, files, found):
    """An old place is found only as long as there is no new one."""
    write_files(tmp_path, files)
    assert find(tmp_path) == found


def test_a_moved_configuration_directory(tmp_path):
    """XDG_CONFIG_HOME moves the old place, too."""
    write_files(tmp_path, {"c/aircher/auth.json": "{}"})
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": f"{tmp_path}/c"}
    assert find_old_home(environ, resolve_paths(environ)) == tmp_path / "c/aircher/auth.json"
