"""Setting one entry of the user's file keeps everything else unchanged."""

import os
import stat
from pathlib import Path

import pytest

from aircherd.config.edit.default_model import set_default_model, with_default_model
from aircherd.config.load import load_config
from aircherd.errors import ConfigInvalid
from aircherd.files.file_worker import Abandoned


def no_check():
    """Allow the write."""


NEW = 'default_model = "a/b"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"{NEW}\n"),
        ("[network]\n", f"{NEW}\n\n[network]\n"),
        ("# about it\n[network]\n", f"{NEW}\n\n# about it\n[network]\n"),
        ("# mine\n\n# about it\n[network]\n", f"# mine\n\n{NEW}\n\n# about it\n[network]\n"),
        ("# mine\n# alone", f"# mine\n# alone\n{NEW}\n"),
        ("\n\n[network]\n", f"{NEW}\n\n\n\n[network]\n"),
        ("[network]\r\n", f"{NEW}\r\n\r\n[network]\r\n"),
        ("\ufeff[network]\n", f"\ufeff{NEW}\n\n[network]\n"),
        ("default_model = 'x/y'", NEW),
        ("default_model='x/y' # why\r\n\r\n[network]\r\n", None),
        ("# a\ndefault_model = 5  # why\n\n[n]  # n\n", f"# a\n{NEW}  # why\n\n[n]  # n\n"),
        ('"default_model" = """\nx/y"""\n', '"default_model" = "a/b"\n'),
    ],
)  # fmt: skip
def test_only_the_entry_changes(text: str, expected: str | None) -> None:
    """Comments, order, line endings and spaces are kept."""
    got = with_default_model(text, "a/b")
    assert got == (expected or 'default_model="a/b" # why\r\n\r\n[network]\r\n')


def test_model_name_is_quoted_as_toml() -> None:
    """Quotes and backslashes are escaped."""
    assert with_default_model("", 'a/"b\\') == 'default_model = "a/\\"b\\\\"\n'


def test_missing_file_is_created_private(tmp_path: Path) -> None:
    """Its directory is created, too."""
    file = tmp_path / "home" / "config.toml"
    set_default_model(file, "openai/m", no_check)
    assert load_config(file).default_model == "openai/m"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_link_stays_and_its_target_keeps_its_mode(tmp_path: Path) -> None:
    """People keep their configuration in a repository and link to it."""
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "aircher.toml"
    real.write_text("# mine\n")
    real.chmod(0o640)
    link = tmp_path / "config.toml"
    link.symlink_to("dotfiles/aircher.toml")
    set_default_model(link, "openai/m", no_check)
    assert link.is_symlink()
    assert real.read_text() == '# mine\ndefault_model = "openai/m"\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert os.listdir(real.parent) == ["aircher.toml"]  # noqa: PTH208 - names alone


@pytest.mark.parametrize("text", ["[network\n", "[network]\nidle = 5\n"])
def test_invalid_file_is_left_unchanged(tmp_path: Path, text: str) -> None:
    """The error says what is wrong with it."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid, match=r"config\.toml, line"):
        set_default_model(file, "openai/m", no_check)
    assert file.read_text() == text


def test_invalid_entry_is_not_written(tmp_path: Path) -> None:
    """The changed text is validated before it is written."""
    file = tmp_path / "config.toml"
    with pytest.raises(ConfigInvalid, match="default_model"):
        set_default_model(file, "no-alias", no_check)
    assert not file.exists()


def test_abandoned_change_is_not_written(tmp_path: Path) -> None:
    """The user may have changed the file by the time the disk answers."""
    file = tmp_path / "config.toml"
    file.write_text("# read")

    def changed_meanwhile():
        file.write_text("# written by the user")
        raise Abandoned

    with pytest.raises(Abandoned):
        set_default_model(file, "openai/m", changed_meanwhile)
    assert file.read_text() == "# written by the user"
    assert os.listdir(tmp_path) == ["config.toml"]  # noqa: PTH208 - names alone
