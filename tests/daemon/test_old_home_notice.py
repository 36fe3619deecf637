"""The notice that the earlier aircher left something behind: once, and never in the way."""

from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from aircherd import old_home_notice
from aircherd.api.services import OneTimeNotices
from aircherd.config.paths import resolve_paths
from aircherd.old_home_notice import OLD_HOME, look_for_old_home


@pytest.fixture
def environ(tmp_path):
    old = tmp_path / ".config" / "aircher" / "config.toml"
    old.parent.mkdir(parents=True)
    old.touch()
    return {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": "/run/user/1000"}


@pytest.fixture
def services(environ):
    return SimpleNamespace(
        about=SimpleNamespace(paths=resolve_paths(environ)), one_time=OneTimeNotices(print)
    )


async def test_old_files_are_named_with_the_command(environ, services):
    """The log has them, too."""
    with capture_logs() as logged:
        await look_for_old_home(environ, services)
    assert "aircher-cli migrate" in services.one_time.pending[OLD_HOME]
    assert "(~/.config/aircher/config.toml)" in services.one_time.pending[OLD_HOME]
    assert [entry["event"] for entry in logged] == ["old_home_found"]


@pytest.mark.parametrize("file", ["config_file", "index_file"])
async def test_a_notice_is_dropped_once_something_was_carried_over(environ, services, file):
    """A configuration or keys of this program."""
    await look_for_old_home(environ, services)
    await services.one_time.recheck()
    assert OLD_HOME in services.one_time.pending
    new = getattr(services.about.paths, file)
    new.parent.mkdir(parents=True)
    new.touch()
    await services.one_time.recheck()
    assert services.one_time.pending == {}


async def test_a_notice_that_was_shown_is_not_shown_again(environ, services):
    """A file in the state directory remembers it for later daemons."""
    shown = services.about.paths.shown_file(OLD_HOME)
    shown.parent.mkdir(parents=True)
    shown.touch()
    await look_for_old_home(environ, services)
    assert services.one_time.pending == {}


async def test_a_disk_that_refuses_is_no_failure(environ, services, monkeypatch):
    """The next start looks again."""

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(old_home_notice, "find_old_home", refuse)
    await look_for_old_home(environ, services)
    assert services.one_time.pending == {}
