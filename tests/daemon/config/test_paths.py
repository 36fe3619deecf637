from pathlib import Path

import pytest

from aircherd.config.paths import Paths, resolve_paths


def test_config_is_in_the_home_and_data_in_the_data_directory() -> None:
    """What holds for almost everybody."""
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
def test_the_data_directory_is_xdgs(named: str, data: str) -> None:
    """A relative one is ignored, as the specification asks."""
    paths = resolve_paths({"HOME": "/home/u", "XDG_DATA_HOME": named})
    assert paths.data == Path(data)


def test_another_home_keeps_its_data_and_its_keys_apart() -> None:
    """Two homes get two names of 8 hex digits."""
    one, two = (resolve_paths({"HOME": "/home/u", "AIRCHER_HOME": home}) for home in ("/a", "/b"))
    assert one.home == Path("/a")
    assert one.config_file == Path("/a/config.toml")
    assert one.data.parent == Path("/home/u/.local/share/aircher/homes")
    assert len(one.data.name) == 8
    assert one.keyring_service == f"aircher:{one.data.name}"
    assert one.data != two.data


def test_the_default_home_by_name_is_the_default_home() -> None:
    """Saying it does not move the data."""
    named = resolve_paths({"HOME": "/home/u", "AIRCHER_HOME": "~/.aircher"})
    assert named == resolve_paths({"HOME": "/home/u"})


def test_without_home_the_users_entry_serves() -> None:
    """A bare environment, as under cron."""
    assert resolve_paths({}).data.is_absolute()
