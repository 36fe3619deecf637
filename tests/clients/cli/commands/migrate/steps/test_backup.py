"""The backup of a replaced configuration, and what it remembers."""

import errno

import pytest

from aircher_cli.commands.migrate.old_files.config_b import STORED_MARKER
from aircher_cli.commands.migrate.steps import backup
from aircher_cli.commands.migrate.steps.backup import (
    close_home,
    find_backup,
    finish_backup,
    make_backup,
)
from helpers.old_aircher.samples import FORM_A, FORM_B, PLAIN_CLAUDE, PLAIN_OPENROUTER

DATE = "2026-11-29"
B = FORM_B.encode()


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def test_a_backup_is_exact_and_private(home):
    """Until the keys are stored, nothing of the old file is lost."""
    directory = make_backup(home, DATE, B)
    assert directory == home / "backup-2026-11-29"
    assert (directory / "config.toml").read_bytes() == B
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / "config.toml").stat().st_mode & 0o777 == 0o600
    found = find_backup(home)
    assert (found.directory, found.content, found.is_unfinished) == (directory, B, True)


def test_stored_keys_are_replaced_at_the_end(home):
    """A finished backup has a marker in the place of each stored key."""
    directory = make_backup(home, DATE, B)
    assert finish_backup(directory, [PLAIN_CLAUDE, PLAIN_OPENROUTER])
    text = (directory / "config.toml").read_text()
    assert text.count(STORED_MARKER) == 2
    assert PLAIN_CLAUDE not in text
    assert "llama3.3" in text
    assert sorted(path.name for path in directory.iterdir()) == ["config.toml"]
    assert not find_backup(home).is_unfinished


def test_other_keys_stay(home):
    """A key that is not stored elsewhere is not lost."""
    directory = make_backup(home, DATE, B)
    finish_backup(directory, [PLAIN_CLAUDE])
    assert PLAIN_OPENROUTER in (directory / "config.toml").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "[providers.x]\napi_key = 'sk-canary-1'\n",
        '[providers.x]\n"api_key" = """sk-canary-1"""\n',
        "[providers.x]\napi_key = '''\nsk-canary-1'''\n",
        '[providers.x]\napi_key = "sk-\\u0063anary-1"\n',
        'providers = { x = { api_key = "sk-canary-1", default_model = "m" } }\n',
        '[providers.x]\n# was sk-canary-1\napi_key="sk-canary-1" # sk-canary-1\n',
        '\ufeff[providers.x]\napi_key = "sk-canary-1"\n',
        '[providers.x]\napi_key = "sk-canary-1"\n[broken',
    ],
)
def test_every_way_to_write_a_key(home, text):
    """A key is replaced however TOML spells it."""
    directory = make_backup(home, DATE, text.encode())
    assert finish_backup(directory, ["sk-canary-1"])
    assert "anary-1" not in (directory / "config.toml").read_text()


def test_a_key_that_cannot_be_replaced_empties_the_backup(home):
    """Rather no backup than a key in a file."""
    text = '[providers.x]\n"api\\u005fkey" = "sk-\\u0063anary-1"\n'
    directory = make_backup(home, DATE, text.encode())
    assert not finish_backup(directory, ["sk-canary-1"])
    assert (directory / "config.toml").read_text().startswith("# Emptied")


def test_bytes_that_are_not_utf8_are_kept(home):
    """Only the key is replaced."""
    directory = make_backup(home, DATE, b'# \xff\n[providers.x]\napi_key = "sk-canary-1"\n')
    finish_backup(directory, ["sk-canary-1"])
    assert (directory / "config.toml").read_bytes().startswith(b"# \xff\n")


def test_a_second_backup_of_a_day_has_a_number(home):
    """A finished backup is never overwritten."""
    finish_backup(make_backup(home, DATE, FORM_A.encode()), [])
    second = make_backup(home, DATE, B)
    assert second.name == "backup-2026-11-29-2"
    finish_backup(second, [])
    assert find_backup(home).directory == second


def test_an_unfinished_backup_is_used_again(home):
    """A run that was interrupted before it replaced the file leaves no second directory."""
    make_backup(home, DATE, FORM_A.encode())
    again = make_backup(home, "2026-11-30", B)
    assert again.name == "backup-2026-11-29"
    assert (again / "config.toml").read_bytes() == B


def test_an_empty_directory_is_used_again(home):
    """A run that was interrupted right after it made the directory."""
    (home / "backup-2026-11-28").mkdir(parents=True)
    assert make_backup(home, DATE, B).name == "backup-2026-11-28"


def test_other_backups_are_no_old_configuration(home):
    """A backup of a new configuration, which --force replaced, is not read."""
    finish_backup(make_backup(home, DATE, b'default_model = "openai/m"\n'), [])
    assert find_backup(home) is None
    assert find_backup(home / "none") is None


def test_a_full_disk_leaves_the_old_content(home, monkeypatch):
    """The copy is written beside the file and renamed, so there is never half a file."""
    directory = make_backup(home, DATE, B)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(backup.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        finish_backup(directory, [PLAIN_CLAUDE])
    assert (directory / "config.toml").read_bytes() == B
    assert sorted(path.name for path in directory.iterdir()) == ["config.toml", "unfinished"]


def test_the_home_is_closed_to_other_users(tmp_path):
    """And the report says so, once."""
    folder = tmp_path / ".aircher"
    assert close_home(folder, tmp_path) is None
    folder.mkdir()
    folder.chmod(0o755)
    note = close_home(folder, tmp_path)
    assert (note.kind, "mode 0755" in note.message, note.file) == ("hint", True, str(folder))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert close_home(folder, tmp_path) is None


def test_a_folder_that_the_user_chose_stays_open(tmp_path):
    """A variable names it, or a link leads to it."""
    other = tmp_path / "dotfiles"
    other.mkdir()
    other.chmod(0o755)
    (tmp_path / ".aircher").symlink_to(other)
    assert close_home(other, tmp_path) is None
    assert close_home(tmp_path / ".aircher", tmp_path) is None
    assert other.stat().st_mode & 0o777 == 0o755
