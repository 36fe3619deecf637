"""The feed: what arrives on the view, what it survives, and how it ends."""

import threading
import time
from contextlib import contextmanager

import msgpack
import pytest

from aircher_cli.picker.live import fetching
from aircher_cli.picker.live.feed import LiveFeed, seconds_to_midnight
from aircher_cli.picker.live.reconnect import LOST, SLOW, STOPPING
from aircher_client import Client
from helpers.daemon.cli_daemon import CliDaemon, Refusal
from helpers.daemon.real_daemon import wait_until

KEY = {"provider": "a", "key": "default", "state": "authenticated", "health": "ok"}
MODELS = {
    "models": [{"provider": "a", "model": "m", "state": "authenticated"}],
    "aliases": [],
    "lists": [],
    "default": "a/m",
}
SNAPSHOT = {"auth": [KEY], "provider": [], "attempt": [], "usage": [], "config": {"ok": True}}
ANSWERS = {
    "events.subscribe": {"snapshot": SNAPSHOT},
    "models.list": MODELS,
    "auth.status": {"rows": [KEY]},
    "status": {"providers": [], "default": {"candidates": ["a/m"]}, "config": {"ok": True}},
    "limits.status": {"limits": []},
    "usage.report": {"rows": []},
}


@pytest.fixture
def daemon():
    with CliDaemon() as fake:
        fake.answers.update(ANSWERS)
        yield fake


class Seen:
    """The views that a feed delivers."""

    def __init__(self):
        self.views = []
        self.starts = []
        self.may_connect = True

    @contextmanager
    def of(self, daemon):
        """Run a feed that is connected to a fake daemon."""

        def connect(*, autostart=True, on_notices=None, on_wait=None):
            self.starts.append(autostart)
            return Client.connect(
                daemon.environ, autostart=autostart, on_notices=on_notices, on_wait=on_wait
            )

        def may_connect():
            return self.may_connect

        with LiveFeed(connect, self.views.append, may_connect=may_connect) as feed:
            yield feed

    def wait(self, is_so, what):
        wait_until(lambda: bool(self.views) and is_so(self.views[-1]), what)


@pytest.fixture
def seen():
    return Seen()


def subscription(daemon):
    """Return the session that has subscribed: the one that is sent events."""
    return next(each for each in daemon.sessions if getattr(each, "topics", None))


@pytest.fixture(autouse=True)
def topics(daemon):
    """Note which session subscribes."""

    def subscribe(session, msgid, params):
        session.topics = params["topics"]
        return daemon.answers.get("snapshot", ANSWERS["events.subscribe"])

    daemon.answers["events.subscribe"] = subscribe


def settle(daemon):
    """Wait until nothing has been called for a moment."""
    calls = -1
    while calls != len(daemon.calls):
        calls = len(daemon.calls)
        time.sleep(0.3)


def test_the_first_view_has_keys_and_the_next_one_models(daemon, seen):
    """The list of models may take a while: everything else is shown meanwhile."""
    may_answer = threading.Event()

    def list_models(session, msgid, params):
        assert may_answer.wait(20)
        return MODELS

    daemon.answers["models.list"] = list_models
    with seen.of(daemon) as feed:
        seen.wait(lambda view: view.link == "connected", "connected")
        assert (feed.view.keys, feed.view.has_models) == ((KEY,), False)
        may_answer.set()
        seen.wait(lambda view: view.has_models, "the models are there")
        assert [row["model"] for row in feed.view.models] == ["m"]
        seen.wait(lambda view: view.default_candidates == ("a/m",), "the rest is there")


def test_everything_is_subscribed_before_anything_is_fetched(daemon, seen):
    """Otherwise a change in between would be missed."""
    with seen.of(daemon):
        seen.wait(lambda view: view.default_candidates == ("a/m",), "all is fetched")
    assert daemon.methods[0] == "events.subscribe"


def test_an_event_is_on_the_view_without_a_response(daemon, seen):
    """Fetching waits for the daemon; the event does not wait for it."""
    with seen.of(daemon):
        seen.wait(lambda view: view.default_candidates == ("a/m",), "all is fetched")
        may_answer = threading.Event()
        daemon.answers["auth.status"] = lambda *_: may_answer.wait(20) and {"rows": [KEY]}
        subscription(daemon).event("auth", **{**KEY, "state": "rejected"})
        seen.wait(lambda view: view.keys[0]["state"] == "rejected", "the key is rejected")
        may_answer.set()


def test_an_older_response_does_not_undo_an_event(daemon, seen):
    """The daemon had made it before; what happened since is applied again."""
    is_asked, may_answer = threading.Event(), threading.Event()

    def status(session, msgid, params):
        is_asked.set()
        assert may_answer.wait(20)
        return {"rows": [KEY], "environment": ["A"]}

    daemon.answers["auth.status"] = status
    with seen.of(daemon):
        assert is_asked.wait(20)
        daemon.answers["auth.status"] = {"rows": [{**KEY, "state": "rejected"}]}
        subscription(daemon).event("auth", **{**KEY, "state": "rejected"})
        seen.wait(lambda view: view.keys[0]["state"] == "rejected", "the key is rejected")
        may_answer.set()
        seen.wait(lambda view: view.environment == ("A",), "the response is there")
    after = [view.keys[0]["state"] for view in seen.views]
    assert after == sorted(after)  # authenticated, then rejected, and not back


def test_nothing_is_fetched_while_nothing_happens(daemon, seen):
    """Events of unknown topics, and those without what they need, are nothing."""
    with seen.of(daemon):
        settle(daemon)
        before = len(daemon.calls)
        session = subscription(daemon)
        session.event("weather", wind=3)
        session.event("attempts")
        session.send(2, "event", [{"topic": ["auth"], "seq": {}, "at": "now"}])
        session.send(2, "other", [{}])
        settle(daemon)
        assert len(daemon.calls) == before
        daemon.answers["auth.status"] = {"rows": [{**KEY, "state": "rejected"}]}
        session.event("auth", **{**KEY, "state": "rejected"})
        seen.wait(lambda view: view.keys[0]["state"] == "rejected", "it still follows")


def test_spend_and_rates_are_fetched_after_attempts_but_rarely(daemon, seen):
    """Hundreds of attempts are a few calls."""
    with seen.of(daemon):
        settle(daemon)
        before = len(daemon.calls)
        for _ in range(300):
            subscription(daemon).event("attempt", provider="a", model="m", outcome="ok")
        wait_until(
            lambda: (
                {"usage.report", "auth.status", "limits.status"}
                == {method for method, _ in daemon.calls[before:]}
            ),
            "everything that attempts change was fetched",
        )
        later = [method for method, _ in daemon.calls[before:]]
    assert later.count("auth.status") <= 4


def test_lagged_fetches_everything_again(daemon, seen):
    """Also what only a snapshot has, such as the health of models."""
    with seen.of(daemon):
        settle(daemon)
        cooling = {"provider": "a", "model": "m", "health": "cooling"}
        daemon.answers["snapshot"] = {"snapshot": {**SNAPSHOT, "provider": [cooling]}}
        daemon.answers["models.list"] = {**MODELS, "models": []}
        subscription(daemon).send(2, "event", [{"topic": "lagged", "dropped": 500}])
        seen.wait(lambda view: view.health == (cooling,), "the health is there")
        seen.wait(lambda view: view.models == (), "the list is there")


def test_an_hour_of_events_stays_bounded(daemon, seen):
    """A slow screen gets the newest view, and never a queue of old ones."""
    is_slow, views = threading.Event(), []

    def show(view):
        views.append(view)
        if len(views) == 3:
            assert is_slow.wait(60)

    def connect(**options):
        return Client.connect(daemon.environ, **{**options, "autostart": False})

    with LiveFeed(connect, show) as feed:
        wait_until(lambda: feed.view.has_models, "the feed follows")
        session = subscription(daemon)
        for start in range(0, 30_000, 1000):
            frames = [
                msgpack.packb(
                    [
                        2,
                        "event",
                        [
                            {
                                "topic": "attempt",
                                "seq": n,
                                "at": float(n),
                                "provider": f"p{n}",
                                "model": "m",
                                "outcome": "network",
                            }
                        ],
                    ]
                )
                for n in range(start, start + 1000)
            ]
            session.sock.sendall(b"".join(frames))
        session.event("attempt", provider="last", model="m", outcome="network")
        wait_until(lambda: "last" in feed.view.last_errors, "all events have come")
        assert len(feed.view.last_errors) <= 200
        assert len(views) <= 3
        is_slow.set()
        wait_until(lambda: "last" in views[-1].last_errors, "the newest view is delivered")
        assert len(views) < 20
        assert feed._replay is None or len(feed._replay) <= 1000


def test_a_lost_connection_is_on_the_view_and_passes(daemon, seen):
    """The old state stays visible; the new daemon's replaces it."""
    with seen.of(daemon):
        settle(daemon)
        changed = {**KEY, "state": "locked"}
        daemon.answers["snapshot"] = {"snapshot": {**SNAPSHOT, "auth": [changed]}}
        daemon.answers["auth.status"] = {"rows": [changed]}
        subscription(daemon).sock.shutdown(2)
        seen.wait(lambda view: view.keys == (changed,), "the new state is there")
        seen.wait(lambda view: view.link == "connected", "it is connected again")
    lost = [view for view in seen.views if view.link == "reconnecting"]
    assert all(view.link_problem == LOST and view.models for view in lost)


def test_a_daemon_that_says_that_it_stops_is_not_started(daemon, seen):
    """The user may have stopped it."""
    with seen.of(daemon):
        settle(daemon)
        daemon.close()
        session = subscription(daemon)
        session.send(2, "error", [{"code": "shutting_down", "message": "stopping"}])
        session.sock.shutdown(2)
        seen.wait(lambda view: view.link == "reconnecting", "it is noticed")
        assert seen.views[-1].link_problem == STOPPING
        seen.wait(lambda view: view.link == "stopped", "it counts as stopped")
        assert seen.starts[0] is True
        assert not any(seen.starts[1:])


def test_a_daemon_that_cannot_be_started_is_explained(seen):
    """The message says what to do; the picker waits for one that the user starts."""
    fake = CliDaemon()
    with fake:
        fake.answers.update(ANSWERS)
        path = fake.path
        path.rename(path.with_suffix(".away"))
        with seen.of(fake):
            seen.wait(lambda view: view.link == "stopped", "it is explained")
            assert "daemon start" in seen.views[-1].link_problem
            path.with_suffix(".away").rename(path)
            seen.wait(lambda view: view.link == "connected", "it is connected by itself")
            assert seen.views[-1].link_problem == ""


def test_a_daemon_of_another_version_is_named(daemon, seen):
    """The notice of the client library is on the view, not on the screen's terminal."""
    daemon.answers["hello"] = {"server": {"name": "aircherd", "version": "0.0.1"}}
    with seen.of(daemon):
        seen.wait(lambda view: bool(view.notices), "the notice is there")
        assert "aircherd 0.0.1 is running" in seen.views[-1].notices[0]


def test_an_older_daemon_does_not_know_the_latest_topic(daemon, seen):
    """The other topics are subscribed."""
    subscribe = daemon.answers["events.subscribe"]

    def older(session, msgid, params):
        if "models" in params["topics"]:
            raise Refusal("bad_request", "unknown topic 'models'")
        return subscribe(session, msgid, params)

    daemon.answers["events.subscribe"] = older
    with seen.of(daemon):
        seen.wait(lambda view: view.link == "connected", "it is connected")


def test_an_error_of_one_part_leaves_the_others(daemon, seen):
    """Without a valid configuration there are no limits, but there are keys."""

    def refuse(session, msgid, params):
        raise Refusal("config_invalid", "line 3 is wrong")

    daemon.answers["limits.status"] = daemon.answers["models.list"] = refuse
    with seen.of(daemon):
        seen.wait(lambda view: view.default_candidates == ("a/m",), "the rest is there")


def test_closing_ends_calls_that_hang(daemon, seen):
    """A hanging daemon does not keep the picker from ending."""
    is_over = threading.Event()
    daemon.answers["models.list"] = lambda *_: is_over.wait(60)
    with seen.of(daemon) as feed:
        seen.wait(lambda view: view.link == "connected", "connected")
        wait_until(lambda: "models.list" in daemon.methods, "a call hangs")
    assert not any(thread.is_alive() for thread in feed._threads)
    is_over.set()
    feed.close()  # once more


def test_a_user_can_fetch_everything_again(daemon, seen):
    """And connect at once."""
    with seen.of(daemon) as feed:
        settle(daemon)
        daemon.answers["models.list"] = {**MODELS, "models": []}
        feed.retry_now()
        feed.refetch()
        seen.wait(lambda view: view.models == (), "the list is there")
        assert repr(feed) == "<LiveFeed connected, 0 models, 1 keys>"


def test_the_day_ends_at_local_midnight():
    """Then the spend of today is fetched again."""
    noon = time.mktime((2026, 11, 30, 12, 0, 0, 0, 0, -1))
    day = time.localtime(noon + seconds_to_midnight(noon))
    assert (day.tm_mon, day.tm_mday, day.tm_hour, day.tm_min) == (12, 1, 0, 0)


def test_a_stopped_service_is_not_started_by_a_connection(daemon, seen):
    """Systemd goes on listening for it; only once it runs again is it connected to."""
    with seen.of(daemon):
        settle(daemon)
        seen.may_connect = False
        session = subscription(daemon)
        session.send(2, "error", [{"code": "shutting_down", "message": "stopping"}])
        session.sock.shutdown(2)
        seen.wait(lambda view: view.link == "stopped", "it counts as stopped")
        assert len(seen.starts) == 2  # one connection for events, one for calls
        seen.may_connect = True
        seen.wait(lambda view: view.link == "connected", "it is connected again")


@pytest.mark.parametrize(
    ("code", "problem"), [("shutting_down", STOPPING), (None, "aircherd did not answer in time")]
)
def test_a_daemon_that_drains_or_hangs_is_on_the_view(daemon, seen, monkeypatch, code, problem):
    """It keeps the subscription, but answers nothing; later it does again."""
    monkeypatch.setattr(fetching, "CALL_SECONDS", 0.3)
    is_over = threading.Event()

    def refuse(session, msgid, params):
        if code is not None:
            raise Refusal(code, "draining")
        is_over.wait(20)

    daemon.answers["auth.status"] = refuse
    with seen.of(daemon):
        seen.wait(lambda view: view.link_problem == problem, "it is on the view")
        daemon.answers["auth.status"] = {"rows": [KEY]}
        seen.wait(lambda view: view.link == "connected", "it passes")
        is_over.set()


def test_a_snapshot_of_an_unknown_shape_is_empty(daemon, seen):
    """The keys are fetched, and so is everything else."""
    daemon.answers["snapshot"] = ["odd"]
    with seen.of(daemon):
        seen.wait(lambda view: view.keys == (KEY,), "the keys are fetched")


def test_a_daemon_that_does_not_answer_at_first_is_on_the_view(daemon, seen):
    """It hangs or is stopped; the client library says why, but only after ten seconds."""
    may_answer = threading.Event()

    def subscribe(session, msgid, params):
        assert may_answer.wait(20)
        return ANSWERS["events.subscribe"]

    daemon.answers["events.subscribe"] = subscribe
    with seen.of(daemon):
        seen.wait(lambda view: view.link_problem == SLOW, "it is on the view")
        assert seen.views[-1].link == "connecting"
        may_answer.set()
        seen.wait(lambda view: (view.link, view.link_problem) == ("connected", ""), "it passes")


def test_an_invalid_configuration_is_not_a_notice_that_stays(daemon, seen):
    """It may be corrected while the picker is open: the configuration in the view is current."""
    daemon.answers["hello"] = {
        "notices": [{"code": "config_invalid", "message": "bad"}, {"code": "x", "message": "look"}]
    }
    with seen.of(daemon):
        seen.wait(lambda view: view.notices[-1:] == ("look",), "the other notice is there")
        assert "bad" not in seen.views[-1].notices


def test_a_notice_that_comes_once_is_not_lost(daemon, seen):
    """The connection that fetches may get it, if the daemon has just started."""

    def hello(session, msgid, params):
        is_late = len(daemon.sessions) > 1
        return {"notices": [{"code": "x", "message": "look"}] if is_late else []}

    daemon.answers["hello"] = hello
    with seen.of(daemon):
        seen.wait(lambda view: view.notices == ("look",), "the notice is there")


def test_a_client_that_may_not_see_the_state_says_so(daemon, seen):
    """The list would load forever; it appears when the rights have changed."""
    why = "client 'aircher-cli' may not call events.subscribe"
    allowed = daemon.answers["events.subscribe"]

    def refuse(session, msgid, params):
        raise Refusal("forbidden", why)

    daemon.answers["events.subscribe"] = refuse
    with seen.of(daemon):
        seen.wait(lambda view: view.link_problem == why, "the reason is known")
        assert seen.views[-1].link == "connecting"
        daemon.answers["events.subscribe"] = allowed
        seen.wait(lambda view: view.link == "connected", "connected")


def test_what_the_folder_uses_comes_with_the_connection(daemon, seen):
    """And again after a reload: another entry may be in effect."""
    hello = daemon.answers["hello"]
    daemon.answers["hello"] = {**hello, "project": {"key": "work"}}
    with seen.of(daemon):
        seen.wait(lambda view: view.here.key == "work", "the entry is known")
        daemon.answers["hello"] = {**hello, "project": {"key": "home"}}
        subscription(daemon).event("config", ok=True, changed=True)
        seen.wait(lambda view: view.here.key == "home", "the new entry is known")
