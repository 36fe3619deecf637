"""Setting one entry of the user's file: everything else stays to the letter."""

import os
import stat
from pathlib import Path

import pytest

from aircherd.config.edit import set_default_model, with_default_model
from aircherd.config.load import load_config
from aircherd.errors import ConfigInvalid
from aircherd.files.file_worker import Abandoned


def go_on():
    """Somebody waits."""


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
    """Comments, order, line ends and spaces are the user's."""
    got = with_default_model(text, "a/b")
    assert got == (expected or 'default_model="a/b" # why\r\n\r\n[network]\r\n')


def test_a_name_is_quoted_as_toml_has_it() -> None:
    """Whatever stands in it."""
    assert with_default_model("", 'a/"b\\') == 'default_model = "a/\\"b\\\\"\n'


def test_a_missing_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    """With the folder it lies in."""
    file = tmp_path / "home" / "config.toml"
    set_default_model(file, "openai/m", go_on)
    assert load_config(file).default_model == "openai/m"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_link_stays_and_the_file_keeps_its_mode(tmp_path: Path) -> None:
    """People keep their configuration in a repository."""
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "aircher.toml"
    real.write_text("# mine\n")
    real.chmod(0o640)
    link = tmp_path / "config.toml"
    link.symlink_to("dotfiles/aircher.toml")
    set_default_model(link, "openai/m", go_on)
    assert link.is_symlink()
    assert real.read_text() == '# mine\ndefault_model = "openai/m"\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert os.listdir(real.parent) == ["aircher.toml"]  # noqa: PTH208 - names alone


@pytest.mark.parametrize("text", ["[network\n", "[network]\nidle = 5\n"])
def test_a_file_that_does_not_hold_is_left_alone(tmp_path: Path, text: str) -> None:
    """Nobody knows what the user wants with it; the error says what is wrong."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid, match=r"config\.toml, line"):
        set_default_model(file, "openai/m", go_on)
    assert file.read_text() == text


def test_an_entry_that_would_not_hold_is_not_written(tmp_path: Path) -> None:
    """The file's own rules are the last word."""
    file = tmp_path / "config.toml"
    with pytest.raises(ConfigInvalid, match="default_model"):
        set_default_model(file, "no-alias", go_on)
    assert not file.exists()


def test_what_was_given_up_changes_nothing(tmp_path: Path) -> None:
    """By the time the disk answers, the file may be another one."""
    file = tmp_path / "config.toml"
    file.write_text("# read")

    def changed_meanwhile():
        file.write_text("# written by the user")
        raise Abandoned

    with pytest.raises(Abandoned):
        set_default_model(file, "openai/m", changed_meanwhile)
    assert file.read_text() == "# written by the user"
    assert os.listdir(tmp_path) == ["config.toml"]  # noqa: PTH208 - names alone
