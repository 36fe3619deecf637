"""Whether conversations are kept, and which terminal this is."""

import os
import pty

import pytest

from aircher_client.conversations.records import Settings
from aircher_client.conversations.settings import keep_settings, this_terminal, with_project


@pytest.mark.parametrize(
    ("server", "variable", "expected"),
    [
        ({}, None, (True, 90)),  # an older daemon
        ({"conversations": {"keep": True, "keep_days": 7}}, None, (True, 7)),
        ({"conversations": {"keep": False, "keep_days": 7}}, None, (False, 7)),
        ({"conversations": {"keep": False}}, "1", (False, 90)),
        ({"conversations": {"keep": True, "keep_days": None}}, "", (True, None)),
        ({"conversations": {"keep": True, "keep_days": -1}}, "0", (False, 90)),
        ({"conversations": {"keep_days": True}}, " No ", (False, 90)),
        ({"conversations": "yes"}, "off", (False, 90)),
    ],
)
def test_settings(server: dict[str, object], variable: str | None, expected: object) -> None:
    """The daemon tells those of the configuration; the environment can only switch it off."""
    environ = {} if variable is None else {"AIRCHER_KEEP": variable}
    found = keep_settings(server, environ)
    assert expected == (found.is_on, found.days)
    assert repr(found) == f"<KeepSettings is_on={expected[0]} days={expected[1]}>"  # type: ignore[index]


PROJECT = {"model": "a/b", "task": "review", "key": "work"}


@pytest.mark.parametrize(
    ("chosen", "project", "expected"),
    [
        ({"model": "c/d"}, None, {"model": "c/d"}),
        ({}, "work", {}),
        ({}, {"key": 7}, {}),
        ({}, PROJECT, {"model": "a/b", "task": "review", "route": {"key": "work"}}),
        ({"task": "brief"}, PROJECT, {"task": "brief", "route": {"key": "work"}}),
        (
            {"model": "c/d", "system": "s", "route": {"key": "own", "strategy": "cheapest"}},
            {"key": "work"},
            {"model": "c/d", "system": "s", "route": {"key": "own", "strategy": "cheapest"}},
        ),
    ],
)
def test_settings_of_the_folder_are_kept(
    chosen: dict[str, object], project: object, expected: dict[str, object]
) -> None:
    """As the daemon applies them: what was chosen comes first. An older daemon tells none."""
    server = {} if project is None else {"project": project}
    assert with_project(Settings(**chosen), server).fields() == expected  # type: ignore[arg-type]


def test_a_terminal_is_its_device_and_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, the session alone; the name is one part of a path."""
    leader, follower = pty.openpty()
    real = os.ttyname(follower)
    monkeypatch.setattr(os, "ttyname", lambda number: _name(number, real))
    found = this_terminal()
    os.close(leader)
    os.close(follower)
    assert f"{real.removeprefix('/dev/').replace('/', '-')}-{os.getsid(0)}" == found
    monkeypatch.setattr(os, "ttyname", lambda number: _name(number, None))
    assert f"none-{os.getsid(0)}" == this_terminal()


def _name(number: int, real: str | None) -> str:
    if number != 2 or real is None:
        raise OSError(25, "not a terminal")
    return real
