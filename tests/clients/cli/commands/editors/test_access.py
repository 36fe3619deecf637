"""The port and the token of an editor."""

import pytest

from aircher_cli.commands.editors.access import open_access
from aircher_cli.commands.editors.settings.block import TOKEN_HERE
from aircher_cli.exit_codes import CommandFailed, UsageError

URL = "http://127.0.0.1:8137"
HAS = {"url": URL, "tokens": [{"name": "zed"}]}


class Daemon:
    """Notes what is called, and answers."""

    def __init__(self, **answers):
        self.answers = answers
        self.called = []

    def call(self, method, params=None, **_):
        self.called.append((method, params))
        return self.answers.get(method.replace(".", "_"), {})


def come_in(daemon, listed, **options):
    given = {"port": None, "is_new": False, "is_left": False, **options}
    return open_access(daemon, listed, "zed", **given)


def test_a_token_is_created_if_there_is_none():
    """And none is ended."""
    daemon = Daemon(token_create={"token": "ak-air-1"})
    access = come_in(daemon, {"url": URL, "tokens": [{"name": "other"}]})
    assert (access.url, access.shown_token) == (URL, "ak-air-1")
    assert daemon.called == [("token.create", {"name": "zed"})]


def test_one_that_is_there_stays():
    """It may be in use; how to replace it is said."""
    daemon = Daemon()
    access = come_in(daemon, HAS)
    assert (access.shown_token, daemon.called) == (TOKEN_HERE, [])
    assert "aircher-cli editors zed --new-token" in access.notes[0]


def test_a_new_one_ends_the_old_one():
    """As the user said."""
    daemon = Daemon(token_create={"token": "ak-air-2"})
    access = come_in(daemon, HAS, is_new=True)
    assert [method for method, _ in daemon.called] == ["token.revoke", "token.create"]
    assert "the one before has ended" in access.notes[0]


def test_none_is_created_if_none_is_wanted():
    """The settings can be looked at."""
    daemon = Daemon()
    access = come_in(daemon, {"url": URL}, is_left=True)
    assert (access.shown_token, access.notes, daemon.called) == (TOKEN_HERE, (), [])


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ({}, "aircher-cli editors zed --port 8137"),
        ({"port_problem": "port 1 is in use"}, "port 1 is in use"),
    ],
)
def test_without_a_port_there_is_no_token(listed, said):
    """It would be shown for nothing."""
    daemon = Daemon()
    access = come_in(daemon, listed, is_new=True)
    assert (access.url, daemon.called) == (URL, [])
    assert said in access.notes[0]


def test_a_port_is_opened():
    """The token comes with it."""
    daemon = Daemon(token_create={"token": "ak-air-3"})
    access = come_in(daemon, {}, port=9000)
    assert (access.url, access.token) == ("http://127.0.0.1:9000", "ak-air-3")
    assert daemon.called[0][1]["entries"] == [{"path": "http.port", "value": 9000}]


def test_a_port_that_cannot_be_opened():
    """The reason is the daemon's."""
    daemon = Daemon(token_list={"port_problem": "port 80 needs root"})
    with pytest.raises(CommandFailed, match="port 80 cannot be opened: port 80 needs root"):
        come_in(daemon, {}, port=80)


def test_a_port_that_is_open_already():
    """The same one is right, another one is not opened."""
    assert come_in(Daemon(), HAS, port=8137).url == URL
    with pytest.raises(UsageError, match="open already"):
        come_in(Daemon(), HAS, port=1)
