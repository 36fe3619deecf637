"""The parent's side of the keyring; what all stores have in common is in test_key_store."""

import json
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import pytest
import trio

from aircherd.auth.stores import keyring_store
from aircherd.auth.stores.base import KeyId, KeyMissing, KeyUnreadable, StoreHealth
from aircherd.auth.stores.keyring_store import (
    CHILD,
    MAX_CHILDREN,
    PROBE_SERVES_SECONDS,
    KeyringStore,
    child_environment,
)
from aircherd.errors import KeyringLocked
from aircherd.vocabulary.secret import Secret
from helpers.secret_service import secret_service

ENTRY = KeyId("work", "default")
WITHOUT_BUS = {
    name: value
    for name, value in os.environ.items()
    if name not in {"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"}
}


def child(code):
    """Return a store whose child runs `code` instead; it finds its request in `asked`."""
    start = "import json, sys, time; asked = json.load(sys.stdin); "
    return KeyringStore(os.environ, "aircher", command=[sys.executable, "-c", start + code])


def wait_for_text(path):
    """Wait for what a real process writes; pytest's timeout ends it."""
    wait_for_number(path, 1)


def wait_for_number(path, number):
    """Wait until real processes have written so many characters."""
    while not (path.exists() and len(path.read_text()) >= number):
        time.sleep(0.01)


def is_running(pid):
    return Path(f"/proc/{pid}").exists()


def answering(answer):
    return child(f"print({json.dumps(json.dumps(answer))})")


async def test_the_request_is_on_standard_input_only(tmp_path):
    """The key is on no command line, where every user could read it."""
    path = tmp_path / "seen"
    store = child(
        f"json.dump([asked, open('/proc/self/cmdline').read()], open({str(path)!r}, 'w')); "
        'print(\'{"state": "usable"}\')'
    )
    await store.write(ENTRY, Secret("canary-1"))
    asked, command_line = json.loads(path.read_text())
    assert asked == {
        "op": "write",
        "service": "aircher",
        "usernames": ["work/default"],
        "secret": "canary-1",
    }
    assert "canary" not in command_line


async def test_many_keys_are_read_by_one_child(tmp_path):
    """A start costs a quarter of a second."""
    store = child(
        f"open({str(tmp_path / 'runs')!r}, 'a').write('x'); "
        "print(json.dumps({'state': 'usable', 'values': [n and None for n in asked['usernames']]}))"
    )
    entries = [KeyId("work", str(number)) for number in range(50)]
    assert await store.read_all(entries) == dict.fromkeys(entries, KeyMissing())
    assert (tmp_path / "runs").read_text() == "x"


@pytest.mark.parametrize("health", [StoreHealth.LOCKED, StoreHealth.UNAVAILABLE])
async def test_what_the_child_reports_is_what_all_keys_are(health):
    """With its reason, in every operation."""
    store = answering({"state": health.value, "reason": "because"})
    state = await store.probe()
    assert (state.health, state.reason) == (health, "because")
    assert await store.read_all([ENTRY]) == {ENTRY: KeyUnreadable(state)}
    for change in (store.write(ENTRY, Secret("canary")), store.delete(ENTRY)):
        with pytest.raises(KeyringLocked, match="because"):
            await change


@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(3)",
        "print('canary')",
        'print(\'{"state": "open"}\')',
        'sys.stdout.buffer.write(b\'{"state": "\\xff"}\')',
        'print(\'{"state": "usable", "values": ["a", "canary"]}\')',
        "print('x' * 5_000_000)",
        "import os; os.abort()",
    ],
)
async def test_a_child_that_fails_makes_the_keyring_unavailable(code):
    """And what it wrote shows nowhere."""
    (found,) = (await child(code).read_all([ENTRY])).values()
    assert found.state.health is StoreHealth.UNAVAILABLE
    assert "helper process" in found.state.reason
    assert "canary" not in repr(found)


async def test_no_child_at_all_makes_the_keyring_unavailable():
    """A broken installation is no reason to die."""
    store = KeyringStore({}, "aircher", command=["/no/such/python"])
    assert (await store.probe()).health is StoreHealth.UNAVAILABLE


async def test_a_keyring_that_hangs_is_locked_after_three_seconds(autojump_clock):
    """Nobody waits for longer, the child is gone, and nothing reached the caller."""
    store = child("time.sleep(1000)")
    started = trio.current_time()
    state = await store.probe()
    assert trio.current_time() - started == pytest.approx(3)
    assert (state.health, "3 s" in state.reason) == (StoreHealth.LOCKED, True)


async def health_of_many(store, number):
    """Return what `number` tasks see that look at the same time."""
    states = []

    async def probe():
        states.append((await store.probe()).health)

    async with trio.open_nursery() as nursery:
        for _ in range(number):
            nursery.start_soon(probe)
    return states


async def test_many_who_look_at_a_keyring_that_hangs_wait_no_longer(autojump_clock):
    """One child looks for all of them."""
    store, started = child("time.sleep(1000)"), trio.current_time()
    assert await health_of_many(store, 7) == [StoreHealth.LOCKED] * 7
    assert trio.current_time() - started == pytest.approx(3)


def counting(path, code="print(json.dumps({'state': 'usable'}))"):
    """Return a store whose child also leaves an x in a file."""
    return child(f"open({str(path)!r}, 'a').write('x'); {code}")


async def test_many_who_look_at_once_start_one_child(tmp_path, mock_clock):
    """And what it brought serves for a second, unless somebody is going to act on it."""
    store = counting(tmp_path / "runs")
    assert await health_of_many(store, 50) == [StoreHealth.USABLE] * 50
    mock_clock.jump(PROBE_SERVES_SECONDS * 0.9)
    await store.probe()
    assert (tmp_path / "runs").read_text() == "x"
    await store.probe(fresh=True)
    assert (tmp_path / "runs").read_text() == "xx"
    mock_clock.jump(PROBE_SERVES_SECONDS * 1.1)
    await store.probe()
    assert (tmp_path / "runs").read_text() == "xxx"


async def test_when_the_one_that_looks_is_cancelled_another_looks(tmp_path):
    """Nobody is left without an answer."""
    path, go_on, states = tmp_path / "runs", tmp_path / "go_on", []
    store = counting(
        path,
        f"import os\nwhile not os.path.exists({str(go_on)!r}): time.sleep(0.01)\n"
        'print(\'{"state": "usable"}\')',
    )
    first = trio.CancelScope()

    async def probe(scope):
        with scope:
            states.append((await store.probe()).health)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(probe, first)
        await trio.to_thread.run_sync(wait_for_text, path)
        nursery.start_soon(probe, trio.CancelScope())
        first.cancel()
        await trio.to_thread.run_sync(wait_for_number, path, 2)
        go_on.touch()
    assert states == [StoreHealth.USABLE]


async def test_looking_is_not_held_up_by_reads_nor_holds_them_up(tmp_path):
    """`status` must not make a key unreadable, however many ask for it."""
    go_on = tmp_path / "go_on"
    wait = f"import os\nwhile not os.path.exists({str(go_on)!r}): time.sleep(0.01)\n"
    store = child(
        f"open({str(tmp_path)!r} + '/' + asked['op'], 'a').write('x')\n"
        f"if asked['op'] == 'read':\n {wait.replace(chr(10), chr(10) + ' ')}\n"
        "print(json.dumps({'state': 'usable', 'values': [None for _ in asked['usernames']]}))"
    )
    found = []

    async def read(label):
        found.append(await store.read_all([KeyId("work", label)]))

    async with trio.open_nursery() as nursery:
        for label in "abc":
            nursery.start_soon(read, label)
        await trio.to_thread.run_sync(wait_for_number, tmp_path / "read", MAX_CHILDREN)
        assert (await store.probe()).health is StoreHealth.USABLE
        go_on.touch()
    assert [*found[0].values(), *found[1].values(), *found[2].values()] == [KeyMissing()] * 3


async def test_waiting_for_a_free_child_does_not_count(autojump_clock, monkeypatch):
    """It says nothing about the keyring: each has its own three seconds."""

    # A real child's start would take no virtual time, and the clock would run ahead of it.
    async def hang(*_, **__):
        await trio.sleep(1000)

    monkeypatch.setattr(keyring_store, "run_child", hang)
    store, started, ended = KeyringStore({}, "aircher"), trio.current_time(), []

    async def read(label):
        await store.read_all([KeyId("work", label)])
        ended.append(trio.current_time() - started)

    async with trio.open_nursery() as nursery:
        for label in "abc":
            nursery.start_soon(read, label)
    assert ended == pytest.approx([3, 3, 6])


async def test_cancelling_a_read_kills_the_child(tmp_path):
    """A client that goes leaves no process behind."""
    path = tmp_path / "pid"
    code = f"import os; open({str(path)!r}, 'w').write(str(os.getpid())); time.sleep(1000)"
    store = KeyringStore(
        os.environ, "aircher", command=[sys.executable, "-c", "import time; " + code], seconds=60
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.read_all, [ENTRY])
        await trio.to_thread.run_sync(wait_for_text, path)
        nursery.cancel_scope.cancel()
    assert not is_running(path.read_text())


# ------------------------------------------------------------------ the real child


async def test_without_a_session_bus_there_is_no_keyring():
    """As on a server: said, and at once."""
    state = await KeyringStore(WITHOUT_BUS, "aircher").probe()
    assert state.health is StoreHealth.UNAVAILABLE
    assert "DBUS_SESSION_BUS_ADDRESS" in state.reason


async def test_another_backend_is_refused_and_not_even_loaded(tmp_path):
    """`keyrings.alt` and its like store plaintext without a word."""
    (tmp_path / "planted.py").write_text(
        f"open({str(tmp_path / 'loaded')!r}, 'w')\n"
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 100\n"
        "    def get_password(self, service, username): return 'canary'\n"
        f"    def set_password(self, *args): open({str(tmp_path / 'stored')!r}, 'w')\n"
        "    def delete_password(self, *args): pass\n"
    )
    planted = {"PYTHON_KEYRING_BACKEND": "planted.Keyring", "PYTHONPATH": str(tmp_path)}
    store = KeyringStore({**os.environ, **planted}, "aircher")
    state = await store.probe()
    assert state.health is StoreHealth.UNAVAILABLE
    assert "PYTHON_KEYRING_BACKEND" in state.reason
    with pytest.raises(KeyringLocked):
        await store.write(ENTRY, Secret("canary-1"))
    assert [path.name for path in tmp_path.iterdir()] == ["planted.py"]


async def test_a_backend_from_a_configuration_file_is_not_loaded(tmp_path):
    """Keyring would import whatever keyringrc.cfg names; we never ask it to choose."""
    config = tmp_path / "python_keyring"
    config.mkdir()
    (config / "keyringrc.cfg").write_text(
        f"[backend]\ndefault-keyring=planted.Keyring\nkeyring-path={tmp_path}\n"
    )
    (tmp_path / "planted.py").write_text(f"open({str(tmp_path / 'loaded')!r}, 'w')\n")
    environ = {**WITHOUT_BUS, "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    state = await KeyringStore(environ, "aircher").probe()
    assert state.health is StoreHealth.UNAVAILABLE
    assert not (tmp_path / "loaded").exists()


async def test_nothing_is_imported_from_the_current_directory(tmp_path, monkeypatch):
    """The daemon may have been started anywhere."""
    (tmp_path / "keyring.py").write_text(f"open({str(tmp_path / 'loaded')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    await KeyringStore(WITHOUT_BUS, "aircher").probe()
    assert not (tmp_path / "loaded").exists()
    assert "-P" in CHILD


@pytest.fixture
def service(request):
    # Not in the test itself: a skip's reason would be lost on its way out of trio.
    with secret_service(keyring=getattr(request, "param", True)) as running:
        yield running


@pytest.fixture
def store(service):
    return KeyringStore({**os.environ, **service.environ}, "aircher")


@pytest.mark.secret_service
async def test_a_locked_keyring_is_reported_and_works_again_when_unlocked(service, store):
    """No prompt, no waiting, and no other child needed."""
    await store.write(ENTRY, Secret("canary-1"))
    service.lock()
    state = await store.probe()
    assert (state.health, "locked" in state.reason) == (StoreHealth.LOCKED, True)
    assert await store.read_all([ENTRY]) == {ENTRY: KeyUnreadable(state)}
    with pytest.raises(KeyringLocked, match="locked"):
        await store.write(ENTRY, Secret("canary-2"))
    with pytest.raises(KeyringLocked, match="locked"):
        await store.delete(ENTRY)
    service.unlock()
    assert await store.read_all([ENTRY]) == {ENTRY: Secret("canary-1")}
    assert service.stored("aircher") == {"work/default": "canary-1"}


@pytest.mark.secret_service
async def test_a_key_removed_with_the_keyrings_own_application_is_missing(service, store):
    """Neither locked nor an error."""
    await store.write(ENTRY, Secret("canary-1"))
    service.forget("aircher", "work/default")
    assert await store.read_all([ENTRY]) == {ENTRY: KeyMissing()}


@pytest.mark.secret_service
@pytest.mark.parametrize("service", [False], indirect=True)
async def test_a_keyring_that_comes_late_is_found(service, store):
    """At login the daemon may be quicker than the keyring."""
    assert (await store.probe()).health is StoreHealth.UNAVAILABLE
    service.start_keyring()
    assert (await store.probe(fresh=True)).health is StoreHealth.USABLE


@pytest.mark.secret_service
async def test_a_real_keyring_that_hangs_is_locked_and_comes_back(service, store):
    """It takes the call and does not answer, until it does."""
    hasty = KeyringStore({**os.environ, **service.environ}, "aircher", seconds=0.7)
    service.hang()
    state = await hasty.probe()
    service.resume()
    assert state.health is StoreHealth.LOCKED
    assert "did not answer" in state.reason
    assert (await store.probe()).health is StoreHealth.USABLE


@pytest.mark.secret_service
async def test_two_homes_do_not_see_each_others_keys(service, store):
    """The service name keeps them apart."""
    await store.write(ENTRY, Secret("canary-1"))
    other = KeyringStore({**os.environ, **service.environ}, "aircher:01234567")
    assert await other.read_all([ENTRY]) == {ENTRY: KeyMissing()}


def test_a_shell_without_bus_address_finds_the_users_bus():
    """Ssh and cron leave the variable out."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        bare = {"XDG_RUNTIME_DIR": folder}
        assert child_environment(bare) == bare
        listener.bind(f"{folder}/bus")
        found = {**bare, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus"}
        assert child_environment(bare) == found
        given = {**bare, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/elsewhere"}
        assert child_environment(given) == given
