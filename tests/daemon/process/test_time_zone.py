"""The time zone of days: the machine's, the configuration's, and never that of a passing script."""

import os
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aircherd.process import time_zone
from aircherd.process.time_zone import TimeZone, drop_inherited_zone, zone_file, zone_of


@pytest.fixture(autouse=True)
def zone(monkeypatch):
    """Restore the zone of this process afterwards."""
    # Set first, so that it is restored also if there was none: a test may set it.
    monkeypatch.setenv("TZ", "")
    monkeypatch.delenv("TZ")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Argentina/Ushuaia", "Etc/GMT+5"])
def test_zone_of_the_system_is_found(name):
    """By the names that timedatectl lists."""
    file = zone_file(name)
    assert file is not None
    assert file.is_file()


@pytest.mark.parametrize(
    "name", ["Europe", "Mars/Base", "", "/etc/localtime", "../etc/localtime", "zone.tab", "UTC/"]
)
def test_other_names_are_no_zones(name):
    """Nor are paths, folders and other files."""
    assert zone_file(name) is None


@pytest.mark.parametrize(
    ("started_by", "kept"),
    [("client", False), ("user", False), ("systemd", True), ("launchd", True)],
)
def test_zone_of_the_program_that_started_the_daemon_is_dropped(started_by, kept):
    """It was meant for that program; a service has its own settings."""
    os.environ["TZ"] = "Pacific/Apia"
    time.tzset()
    drop_inherited_zone(os.environ, started_by)
    assert ("TZ" in os.environ, time.localtime(0).tm_gmtoff != 0) == (kept, kept)


def test_inherited_zone_is_used_if_the_machine_has_none(tmp_path):
    """As in a container."""
    environ = {"TZ": "Pacific/Apia"}
    drop_inherited_zone(environ, "client", tmp_path / "missing")
    assert environ == {"TZ": "Pacific/Apia"}


def test_zone_of_the_configuration_is_used_until_it_is_removed():
    """An unknown one is that of the machine."""
    own, zone = time.localtime().tm_zone, TimeZone()
    assert not zone.use(None)
    assert zone.use("Pacific/Apia")
    assert time.localtime(0).tm_gmtoff == -11 * 3600
    assert not zone.use("Pacific/Apia")
    assert zone.use("Mars/Base")
    assert (time.localtime().tm_zone, "TZ" in os.environ) == (own, False)


def test_zone_of_a_service_comes_back_after_that_of_the_configuration():
    """Both are wishes of the user; the configuration is the later one."""
    os.environ["TZ"] = "Asia/Tokyo"
    zone = TimeZone()
    assert zone.use("Pacific/Apia")
    assert zone.use(None)
    assert time.localtime().tm_zone == "JST"


def test_zones_with_the_same_time_now_are_different():
    """Their summer times differ: the next month may begin at another moment."""
    zone = TimeZone()
    zone.use("Europe/Berlin")
    assert not zone.refresh()
    assert zone.use("Africa/Lagos")
    assert repr(zone) == "<TimeZone WAT>"


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC"])
def test_a_zone_is_that_of_its_file(name):
    """As Python reads it."""
    found = zone_of(name)
    moment = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert found.key == name
    assert moment.astimezone(found).utcoffset() == moment.astimezone(ZoneInfo(name)).utcoffset()


def test_a_machine_without_zones_knows_utc(monkeypatch, tmp_path):
    """A small image of a system may have no files of zones; other zones need theirs."""
    monkeypatch.setattr(time_zone, "FOLDERS", (tmp_path,))
    found = zone_of("UTC")
    moment = datetime(2026, 7, 1, 12, tzinfo=found)
    assert (found.key, moment.utcoffset(), moment.tzname()) == ("UTC", timedelta(0), "UTC")
    with pytest.raises(LookupError, match="does not know the time zone Europe/Berlin"):
        zone_of("Europe/Berlin")
