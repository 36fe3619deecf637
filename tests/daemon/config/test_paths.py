import os
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from aircher_wire import address
from aircherd.config.paths import Paths, resolve_paths


def test_default_paths() -> None:
    """The config is in the home, the data in the XDG data directory."""
    data = Path("/home/u/.local/share/aircher")
    assert resolve_paths({"HOME": "/home/u", "XDG_RUNTIME_DIR": "/run/user/7"}) == Paths(
        home=Path("/home/u/.aircher"),
        config_file=Path("/home/u/.aircher/config.toml"),
        environment_file=Path("/home/u/.aircher/environment"),
        data=data,
        state=Path("/home/u/.local/state/aircher"),
        cache=Path("/home/u/.cache/aircher"),
        runtime=Path("/run/user/7/aircher"),
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


# ------------------------------------------------------------- the daemon's paths and the client's

_NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
_DIRECTORIES = st.one_of(
    st.sampled_from(["", "/", "//", "~", "~/x", "relative", "./x", "/a/../b", "/a//b///"]),
    _NAMES,
    _NAMES.map("/{}".format),
    _NAMES.map("/home/{}/".format),
    st.binary(max_size=6).map(lambda raw: "/" + os.fsdecode(raw.replace(b"\0", b""))),
)
_VARIABLES = ("HOME", "AIRCHER_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
_ENVIRONMENTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*_VARIABLES, "XDG_RUNTIME_DIR"), _DIRECTORIES)
)


@pytest.mark.parametrize(("platform", "name"), [(Unix, "linux"), (MacOS, "darwin")])
@given(environ=_ENVIRONMENTS)
@example(environ={})
@example(environ={"HOME": "/home/u/", "XDG_DATA_HOME": "//"})
@example(environ={"HOME": "", "AIRCHER_HOME": "~"})
@example(environ={"HOME": "relative"})
@example(environ={"HOME": "/home/u", "XDG_STATE_HOME": "/\r"})
@example(environ={"HOME": "/home/u", "XDG_DATA_HOME": "/a/../b"})
def test_client_and_daemon_find_the_same_directories(
    platform: type[Unix | MacOS], name: str, environ: dict[str, str]
) -> None:
    """The client's own lines agree with platformdirs in every environment, on both platforms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "platform", name)
        paths = resolve_paths(environ, platform=platform)
        assert address.data_directory(environ) == paths.data
        assert address.log_path(environ) == paths.state / "aircherd.log"
        assert address.socket_path(environ).parent == paths.runtime
        assert address.aircher_home(environ) == paths.home


@pytest.mark.parametrize("platform", [Unix, MacOS])
@given(name=_NAMES)
def test_the_runtime_directory_is_that_of_platformdirs(
    platform: type[Unix | MacOS], name: str
) -> None:
    """Where platformdirs accepts XDG_RUNTIME_DIR, the socket is in the directory that it names."""
    with pytest.MonkeyPatch.context() as patch:
        runtime = f"/run/aircher-tests/{name.replace('/', '')}x"
        patch.setattr(os, "environ", {"HOME": "/home/u", "XDG_RUNTIME_DIR": runtime})
        assert resolve_paths(os.environ).runtime == platform("aircher").user_runtime_path


def test_paths_follow_the_environment_that_is_passed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's own variables do not matter, and are the same afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/own")
    before = os.environ
    assert resolve_paths({"HOME": "/home/u"}).cache == Path("/home/u/.cache/aircher")
    assert os.environ is before
    assert resolve_paths(os.environ).cache.is_relative_to("/own/aircher")
