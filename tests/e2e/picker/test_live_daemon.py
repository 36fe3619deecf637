"""The daemon dies, restarts, is stopped or has much to say: the picker's view stays right."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.picker.live.actions import Actions
from aircher_cli.picker.live.feed import LiveFeed
from aircher_cli.picker.live.starting import start_quietly
from aircher_cli.render.marks import Mark
from helpers.daemon.live_views import Views, connect_to, following, key_of, marks_of
from helpers.daemon.real_daemon import wait_until

KEY = "canary-work-0123456789abcdef"
AUTOSTART = {"AIRCHER_AUTOSTART": "1"}


@pytest.fixture
def stoppable(home):
    """A home whose daemon may be one that a client started; it is stopped at the end."""
    yield home
    home.cli("daemon", "stop")


def is_connected(view):
    return view.link == "connected"


def test_a_killed_daemon_and_its_successor(daemon):
    """At once it says that it reconnects, keeps what it knew, and has the new state afterwards."""
    daemon.login("work", KEY)
    with following(daemon) as views:
        daemon.process.kill()
        view = views.wait(lambda view: view.link == "reconnecting", "the end is noticed")
        assert (view.has_models, bool(view.link_problem)) == (True, True)
        daemon.process.wait()
        daemon.config_file.write_text(
            daemon.config_file.read_text() + '\n[models.new]\nroutes = ["work/a"]\n'
        )
        daemon.start()
        views.wait(is_connected, "it is connected again")
        views.wait(lambda view: any(row["name"] == "new" for row in view.aliases), "all is new")
        daemon.cli("auth", "logout", "work")
        views.wait(lambda view: key_of(view, "work")["state"] == "not_configured", "it follows")


def test_a_daemon_that_crashed_is_started_again(stoppable):
    """As every command would do: the user did not stop it."""
    with following(stoppable, AUTOSTART) as views:
        with stoppable.client() as client:
            pid = client.daemon_pid
        os.kill(pid, signal.SIGKILL)
        views.wait(lambda view: view.link == "reconnecting", "the end is noticed")
        views.wait(is_connected, "another one runs")
        with stoppable.client() as client:
            assert client.daemon_pid != pid


def test_a_daemon_that_the_user_stopped_is_not_started(stoppable):
    """The view says so, until the user starts it: here with the picker's own key."""
    with following(stoppable, AUTOSTART) as views:
        assert stoppable.cli("daemon", "stop").returncode == 0
        view = views.wait(lambda view: view.link == "stopped", "it counts as stopped")
        assert view.link_problem == "the daemon was stopped"
        assert view.has_models
        environ = stoppable.environ  # without autostart: the key starts it all the same
        context = Context(Console(None, None, environ), environ, None)
        actions = Actions(context.connect, lambda: start_quietly(context))
        assert actions.choose_default("work/gpt-5.5").message == "the daemon is not running"
        assert actions.start_daemon().message == "the daemon is running"
        views.wait(is_connected, "it is connected by itself")


def test_a_restart_passes_by_itself(stoppable):
    """`daemon restart` in another terminal, as after an update."""
    stoppable.cli("daemon", "start")
    with following(stoppable) as views:
        assert stoppable.cli("daemon", "restart").returncode == 0
        views.wait(lambda view: view.link == "reconnecting", "the end is noticed")
        views.wait(is_connected, "it is connected again")


def test_a_replaced_socket_is_found(daemon):
    """The daemon ends because its socket is not its own any more, and another one takes over."""
    with following(daemon) as views:
        daemon.socket.unlink()
        daemon.stop()
        daemon.start()
        views.wait(lambda view: view.link == "reconnecting", "the end is noticed")
        views.wait(is_connected, "it is connected again")


def test_two_thousand_models(daemon, sim):
    """All arrive, and an event still changes them at once."""
    names = [f"model-{number}" for number in range(2000)]
    sim.behave(models={"openai": names})
    daemon.login("work", KEY)
    with following(daemon) as views:
        views.wait(
            lambda view: sum(row["provider"] == "work" for row in view.models) >= 2000,
            "all are there",
        )
        sim.keys.revoke("openai", KEY)
        daemon.cli("ask", "-m", "work/model-1", "hello")
        view = views.wait(lambda view: key_of(view, "work")["state"] == "rejected", "it turns")
        assert marks_of(view, "work") == {Mark.REJECTED}


def test_many_pickers_do_not_disturb_the_daemon(daemon):
    """Each sees the change, requests are answered meanwhile, and no connection is left."""
    daemon.login("work", KEY)
    watched = [Views() for _ in range(12)]
    feeds = [LiveFeed(connect_to(daemon), views.put) for views in watched]
    for feed in feeds:
        feed.__enter__()
    try:
        for views in watched:
            views.settle()
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _: daemon.cli("ask", "-m", "chain", "hi"), range(8)))
        assert {each.stdout for each in done} == {"hi\n"}
        daemon.cli("models", "use", "work/gpt-5.5")
        for views in watched:
            views.wait(lambda view: view.default == "work/gpt-5.5", "each sees the default")
    finally:
        for feed in feeds:
            feed.close()
    with daemon.client() as client:
        wait_until(lambda: client.call("status")["clients"] == 1, "no connection is left")
    assert not [each for each in threading.enumerate() if each.name.startswith("picker-")]
