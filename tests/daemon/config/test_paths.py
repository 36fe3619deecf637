from pathlib import Path

import pytest

from aircherd.config.paths import Paths, resolve_paths


def test_default_paths() -> None:
    """The config is in the home, the data in the XDG data directory."""
    data = Path("/home/u/.local/share/aircher")
    assert resolve_paths({"HOME": "/home/u"}) == Paths(
        home=Path("/home/u/.aircher"),
        config_file=Path("/home/u/.aircher/config.toml"),
        data=data,
        index_file=data / "keys.json",
        credentials_file=data / "credentials.json",
        keyring_service="aircher",
    )


@pytest.mark.parametrize(
    ("named", "data"),
    [
        ("/data", "/data/aircher"),
        ("relative", "/home/u/.local/share/aircher"),
        ("", "/home/u/.local/share/aircher"),
    ],
)
def test_xdg_data_home_is_used(named: str, data: str) -> None:
    """A relative or empty value is ignored, as the specification requires."""
    paths = resolve_paths({"HOME": "/home/u", "XDG_DATA_HOME": named})
    assert paths.data == Path(data)


def test_each_home_has_its_own_data_and_keyring_service() -> None:
    """Their names contain 8 hex digits of the home's path."""
    one, two = (resolve_paths({"HOME": "/home/u", "AIRCHER_HOME": home}) for home in ("/a", "/b"))
    assert one.home == Path("/a")
    assert one.config_file == Path("/a/config.toml")
    assert one.data.parent == Path("/home/u/.local/share/aircher/homes")
    assert len(one.data.name) == 8
    assert one.keyring_service == f"aircher:{one.data.name}"
    assert one.data != two.data


def test_naming_the_default_home_changes_nothing() -> None:
    """`AIRCHER_HOME=~/.aircher` uses the default data directory."""
    named = resolve_paths({"HOME": "/home/u", "AIRCHER_HOME": "~/.aircher"})
    assert named == resolve_paths({"HOME": "/home/u"})


def test_empty_environment_uses_the_password_database() -> None:
    """For example under cron."""
    assert resolve_paths({}).data.is_absolute()
