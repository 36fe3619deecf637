"""A daemon of another version: the notice, and errors that have it as their reason."""

import pytest

from aircher_client import Client, DaemonError, versions
from aircher_client.versions import explain, version_notice
from aircher_wire.frames import Request
from helpers.daemon.fake_daemon import FakeDaemon, Peer


@pytest.fixture(autouse=True)
def own_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this client have version 0.10.0."""
    monkeypatch.setattr(versions, "__version__", "0.10.0")
    monkeypatch.setattr("aircher_client.conversation.__version__", "0.10.0")


NEW_CLIENT = (
    "aircherd 0.9.1 is running, and this is aircher-cli 0.10.0: run 'aircher-cli daemon restart' "
    "to start the new version"
)
OLD_CLIENT = (
    "aircherd 0.11.0 is running, and this is aircher-cli 0.10.0, which is older: update it, or go "
    "back with 'aircher-cli daemon restart'"
)


@pytest.mark.parametrize(
    ("daemon_version", "message"),
    [
        ("0.9.1", NEW_CLIENT),
        ("0.11.0", OLD_CLIENT),
        ("1", OLD_CLIENT.replace("0.11.0", "1")),
        ("0.10.0.dev3", NEW_CLIENT.replace("0.9.1", "0.10.0.dev3")),
        ("0.10", NEW_CLIENT.replace("0.9.1", "0.10")),
        ("what", NEW_CLIENT.replace("0.9.1", "what")),
        ("", NEW_CLIENT.replace("0.9.1", "")),
    ],
)
def test_the_notice_has_both_versions_and_what_to_do(daemon_version: str, message: str) -> None:
    """Restarting starts this client's version, so an older client says that first."""
    notice = version_notice("aircher-cli", daemon_version)
    assert notice == {"code": "version_differs", "message": message}


@pytest.mark.parametrize(
    ("code", "message", "is_explained"),
    [
        ("unknown_method", "unknown method 'x'", True),
        ("bad_request", "chat: there is no field 'x'", True),
        ("bad_request", "chat: route: there is no field 'key'", True),
        ("bad_request", "chat: reasoning: cannot be 'ultra'", True),
        ("bad_request", "unknown topic 'x'", True),
        ("bad_request", "chat: model is missing", False),
        ("internal", "internal error", False),
    ],
)
def test_only_an_unknown_part_of_the_protocol_is_explained(
    code: str, message: str, is_explained: bool
) -> None:
    """Other errors have other reasons."""
    notice = version_notice("aircher-cli", "0.9.1")
    expected = {"code": code, "message": f"{message}; {NEW_CLIENT}", "data": {}}
    explained = explain({"code": code, "message": message, "data": {}}, notice)
    assert explained == (expected if is_explained else None)


def test_an_error_that_is_no_map_is_not_explained() -> None:
    """Another program may listen on the socket."""
    assert explain("no", version_notice("x", "1")) is None


def serve_version(daemon: FakeDaemon, version: object, *notices: dict[str, str]) -> None:
    server = {"name": "aircherd", "version": version}
    daemon.handlers["hello"] = lambda peer, request: peer.reply(
        request, {"protocol": 1, "server": server, "notices": list(notices)}
    )


def connect(daemon: FakeDaemon, seen: list[dict[str, str]]) -> Client:
    return Client.connect(daemon.environ, autostart=False, on_notices=seen.extend)


def test_the_notice_comes_once_with_those_of_the_daemon(daemon: FakeDaemon) -> None:
    """Calls go on; what the daemon says about its own files would repeat it."""
    other = {"code": "config_invalid", "message": "line 3"}
    serve_version(daemon, "0.9.1", other, {"code": "installation_replaced", "message": "m"})
    seen: list[dict[str, str]] = []
    with connect(daemon, seen) as client:
        assert [client.call("ping"), client.call("ping")] == [{}, {}]
    assert seen == [{"code": "version_differs", "message": NEW_CLIENT}, other]


@pytest.mark.parametrize("version", ["0.10.0", None, 7])
def test_the_same_version_needs_no_notice(daemon: FakeDaemon, version: object) -> None:
    """Nor does one that cannot be compared."""
    serve_version(daemon, version)
    seen: list[dict[str, str]] = []
    with connect(daemon, seen) as client:
        client.call("ping")
    assert seen == []


def test_an_error_that_has_the_versions_replaces_the_notice(daemon: FakeDaemon) -> None:
    """A method that an older daemon does not have: one line says it all."""

    def refuse(peer: Peer, request: Request) -> None:
        peer.fail(request, "unknown_method", "unknown method 'new'")

    serve_version(daemon, "0.9.1")
    daemon.handlers["new"] = refuse
    seen: list[dict[str, str]] = []
    with connect(daemon, seen) as client, pytest.raises(DaemonError) as caught:
        client.call("new")
    assert caught.value.code == "unknown_method"
    assert caught.value.message == f"unknown method 'new'; {NEW_CLIENT}"
    assert seen == []


def test_the_notice_comes_if_the_error_is_handled(daemon: FakeDaemon) -> None:
    """A subscription goes on without a topic that the older daemon does not know."""

    def subscribe(peer: Peer, request: Request) -> None:
        if "new" in request.params["topics"]:
            peer.fail(request, "bad_request", "unknown topic 'new'")
        else:
            peer.reply(request, {})

    serve_version(daemon, "0.9.1")
    daemon.handlers["events.subscribe"] = subscribe
    seen: list[dict[str, str]] = []
    with connect(daemon, seen) as client:
        client.events(["old", "new"], optional={"new"})
        client.call("ping")
    assert seen == [{"code": "version_differs", "message": NEW_CLIENT}]
