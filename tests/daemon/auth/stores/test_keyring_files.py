"""The files of keyrings, which are a trace of a keyring that cannot be reached."""

import pytest

from aircherd.auth.stores.keyring_files import find_keyring_file, keyring_folders


def test_folders_of_keyrings_are_those_that_exist(tmp_path):
    """GNOME's and KDE's, below the data directory."""
    (tmp_path / ".local/share/kwalletd").mkdir(parents=True)
    assert keyring_folders({"HOME": str(tmp_path)}) == [tmp_path / ".local/share/kwalletd"]
    assert keyring_folders({"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}) == []


@pytest.mark.parametrize("name", ["keyrings/login.keyring", "kwalletd/kdewallet.kwl"])
def test_file_of_a_keyring_is_found(tmp_path, name):
    """GNOME's or KDE's."""
    environ = {"XDG_DATA_HOME": str(tmp_path)}
    assert find_keyring_file(environ) is None
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).with_name("user.keystore").touch()  # GNOME creates it without a keyring
    assert find_keyring_file(environ) is None
    (tmp_path / name).touch()
    assert find_keyring_file(environ) == tmp_path / name


def test_folder_that_cannot_be_read_tells_nothing(tmp_path, monkeypatch):
    """It is not ours to complain about."""
    (tmp_path / "keyrings").mkdir()

    def refuse(self):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    assert find_keyring_file({"XDG_DATA_HOME": str(tmp_path)}) is None
