"""What is removed from the old places, and what stays."""

import os

import pytest

from aircher_cli.commands.migrate.old_files.collect import collect
from aircher_cli.commands.migrate.old_files.sources import find_files
from aircher_cli.commands.migrate.steps import removal
from aircher_cli.commands.migrate.steps.removal import removable, remove
from helpers.old_aircher.places import LAYOUTS, write_files


@pytest.fixture
def look(tmp_path):
    """Find the old files, and what may be removed."""

    def look(not_stored_in=()):
        found = collect(find_files({"HOME": str(tmp_path)}), os.getuid())
        target = tmp_path / ".aircher" / "config.toml"
        files = {str(tmp_path / name) for name in not_stored_in}
        return removable(found, tmp_path, target, files)

    return look


def names(paths, root):
    return [str(path.relative_to(root)) for path in paths]


def test_the_configuration_is_removed_last(look, tmp_path):
    """An interrupted run is repeated with it; data stays."""
    write_files(tmp_path, LAYOUTS["xdg"])
    chosen, stay = look()
    assert names([file.path for file in chosen], tmp_path) == [
        ".config/aircher/permissions.toml",
        ".config/aircher/auth.json",
        ".config/aircher/config.toml",
    ]
    assert names([each.path for each in stay], tmp_path) == [".local/share/aircher/sessions.db"]


def test_removing_leaves_no_empty_folder_of_the_earlier_program(look, tmp_path):
    """Its folders go with their last file; the home and the data stay."""
    write_files(tmp_path, LAYOUTS["home"])
    chosen, _ = look()
    removed, failed = remove(chosen)
    assert failed == []
    assert names(removed, tmp_path)[-1] == ".aircher/auth.json"
    assert not (tmp_path / ".config" / "aircher").exists()
    assert (tmp_path / ".config").exists()
    left = (tmp_path / ".aircher").iterdir()
    assert sorted(path.name for path in left) == ["config.toml", "data"]


def test_a_file_with_a_key_that_is_not_stored_stays(look, tmp_path):
    """No key is lost."""
    write_files(tmp_path, LAYOUTS["xdg"])
    chosen, stay = look([".config/aircher/auth.json"])
    assert ".config/aircher/auth.json" not in names([f.path for f in chosen], tmp_path)
    assert "it has a key that is not stored" in [each.reason for each in stay]


def test_a_damaged_file_stays(look, tmp_path):
    """What could not be carried over is not removed."""
    write_files(tmp_path, {".config/aircher/auth.json": '{"keys": {"openai": "zz"}}'})
    chosen, stay = look()
    assert chosen == []
    assert [each.reason for each in stay] == ["a part of it could not be carried over"]


def test_nothing_is_removed_through_a_link(look, tmp_path):
    """Neither a link nor what is behind one, which may be a repository of dotfiles."""
    write_files(tmp_path, {"dotfiles/aircher/auth.json": "", "other/permissions.toml": ""})
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config" / "aircher").symlink_to(tmp_path / "dotfiles" / "aircher")
    (tmp_path / ".aircher" / "config").mkdir(parents=True)
    link = tmp_path / ".aircher" / "config" / "permissions.toml"
    link.symlink_to(tmp_path / "other" / "permissions.toml")
    chosen, stay = look()
    assert chosen == []
    assert all("is a link" in each.reason for each in stay)
    assert len(stay) == 2


def test_links_in_a_folder_are_removed_without_what_they_lead_to(look, tmp_path):
    """A folder is removed, the file that a link in it leads to stays."""
    write_files(tmp_path, {".config/aircher/presets/a.json": "{}", "mine": "x"})
    (tmp_path / ".config/aircher/presets/link").symlink_to(tmp_path / "mine")
    chosen, _ = look()
    remove(chosen)
    assert not (tmp_path / ".config/aircher").exists()
    assert (tmp_path / "mine").read_text() == "x"


def test_a_failure_is_reported_and_the_rest_is_removed(look, tmp_path, monkeypatch):
    """A read-only folder keeps its file, and the report says so."""
    write_files(tmp_path, LAYOUTS["xdg"])
    chosen, _ = look()
    unlink = removal.Path.unlink

    def deny(path, missing_ok=False):
        if path.name == "auth.json":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(removal.Path, "unlink", deny)
    removed, failed = remove(chosen)
    assert len(removed) == 2
    assert [each.reason for each in failed] == ["cannot be removed: Permission denied"]
