"""The parent process of the keyring child; the contract of all stores is in test_base."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import trio

from aircherd.auth.secret_process import ProcessResult
from aircherd.auth.stores import keyring_store, session_bus
from aircherd.auth.stores.base import KeyId, KeyMissing, KeyUnreadable, StoreHealth
from aircherd.auth.stores.keyring_store import (
    CHILD,
    MAX_CHILDREN,
    MAX_CLIENT_BUSES,
    PROBE_VALID_SECONDS,
    KeyringStore,
    child_command,
    keep_child_source,
)
from aircherd.auth.stores.session_bus import bus_addresses
from aircherd.errors import KeyringLocked
from aircherd.installation import Installation
from aircherd.vocabulary.secret import Secret
from helpers.required import missing
from helpers.secret_service import secret_service

KEY_ID = KeyId("work", "default")
WITHOUT_BUS = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"} | {
    "DBUS_SESSION_BUS_ADDRESS": "disabled:"
}


def child(code):
    """Return a store whose child runs `code` instead, with the request in `request`."""
    start = "import json, sys, time; request = json.load(sys.stdin); "
    return KeyringStore(os.environ, "aircher", command=[sys.executable, "-c", start + code])


def wait_for_text(path):
    """Wait until a real process has written something; pytest's timeout ends it."""
    wait_for_number(path, 1)


def wait_for_number(path, number):
    """Wait until real processes have written `number` characters."""
    while not (path.exists() and len(path.read_text()) >= number):
        time.sleep(0.01)


def is_running(pid):
    return Path(f"/proc/{pid}").exists()


def answering(answer):
    return child(f"print({json.dumps(json.dumps(answer))})")


async def test_request_is_passed_on_standard_input_only(tmp_path):
    """The key is on no command line, where every user could read it."""
    path = tmp_path / "seen"
    store = child(
        f"json.dump([request, open('/proc/self/cmdline').read()], open({str(path)!r}, 'w')); "
        'print(\'{"state": "usable"}\')'
    )
    await store.write(KEY_ID, Secret("canary-1"))
    request, command_line = json.loads(path.read_text())
    assert request == {
        "op": "write",
        "service": "aircher",
        "usernames": ["work/default"],
        "buses": list(bus_addresses(os.environ, os.getuid())),
        "secret": "canary-1",
    }
    assert "canary" not in command_line


async def test_many_keys_are_read_by_one_child(tmp_path):
    """Starting a child costs a quarter of a second."""
    store = child(
        f"open({str(tmp_path / 'runs')!r}, 'a').write('x'); "
        "values = [name and None for name in request['usernames']]; "
        "print(json.dumps({'state': 'usable', 'values': values}))"
    )
    entries = [KeyId("work", str(number)) for number in range(50)]
    assert await store.read_all(entries) == dict.fromkeys(entries, KeyMissing())
    assert (tmp_path / "runs").read_text() == "x"


async def test_description_has_the_backend_and_the_bus():
    """For a diagnosis."""
    store = answering({"state": "locked", "reason": "because", "backend": "SecretService"})
    details = await store.describe()
    assert (details.state.health, details.backend) == (StoreHealth.LOCKED, "SecretService")
    assert details.bus == (os.environ.get("DBUS_SESSION_BUS_ADDRESS") or None)
    found = {"state": "usable", "backend": "SecretService", "bus": "unix:path=/b"}
    assert (await answering(found).describe()).bus == "unix:path=/b"


@pytest.mark.parametrize(
    "health", [StoreHealth.LOCKED, StoreHealth.UNREACHABLE, StoreHealth.UNAVAILABLE]
)
async def test_childs_state_applies_to_all_keys(health):
    """With its reason, for every operation."""
    store = answering({"state": health.value, "reason": "because"})
    state = await store.probe()
    assert (state.health, state.reason) == (health, "because")
    assert await store.read_all([KEY_ID]) == {KEY_ID: KeyUnreadable(state)}
    for change in (store.write(KEY_ID, Secret("canary")), store.delete(KEY_ID)):
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
async def test_failing_child_makes_the_keyring_unreachable(code):
    """Its output is shown nowhere."""
    (found,) = (await child(code).read_all([KEY_ID])).values()
    assert found.state.health is StoreHealth.UNREACHABLE
    assert "helper process" in found.state.reason
    assert "canary" not in repr(found)


async def test_child_that_cannot_start_makes_the_keyring_unreachable():
    """For example in a broken installation, or with too many processes."""
    store = KeyringStore({}, "aircher", command=["/no/such/python"])
    assert (await store.probe()).health is StoreHealth.UNREACHABLE


async def test_hanging_keyring_is_unreachable_after_three_seconds(autojump_clock):
    """The child is killed, and no exception is raised."""
    store = child("time.sleep(1000)")
    started = trio.current_time()
    state = await store.probe()
    assert trio.current_time() - started == pytest.approx(3, abs=2)
    assert (state.health, "3 s" in state.reason) == (StoreHealth.UNREACHABLE, True)


async def health_of_many(store, number):
    """Return the results of `number` concurrent probes."""
    states = []

    async def probe():
        states.append((await store.probe()).health)

    async with trio.open_nursery() as nursery:
        for _ in range(number):
            nursery.start_soon(probe)
    return states


async def test_concurrent_probes_of_a_hanging_keyring_wait_once(autojump_clock):
    """They share one child."""
    store, started = child("time.sleep(1000)"), trio.current_time()
    assert await health_of_many(store, 7) == [StoreHealth.UNREACHABLE] * 7
    assert trio.current_time() - started == pytest.approx(3, abs=2)


def counting(path, code="print(json.dumps({'state': 'usable'}))"):
    """Return a store whose child also appends an x to a file."""
    return child(f"open({str(path)!r}, 'a').write('x'); {code}")


async def test_concurrent_probes_start_one_child(tmp_path, mock_clock):
    """Its result is reused for a second, unless a `fresh` one is required."""
    store = counting(tmp_path / "runs")
    assert await health_of_many(store, 50) == [StoreHealth.USABLE] * 50
    mock_clock.jump(PROBE_VALID_SECONDS * 0.9)
    await store.probe()
    assert (tmp_path / "runs").read_text() == "x"
    await store.probe(fresh=True)
    assert (tmp_path / "runs").read_text() == "xx"
    mock_clock.jump(PROBE_VALID_SECONDS * 1.1)
    await store.probe()
    assert (tmp_path / "runs").read_text() == "xxx"


async def test_waiting_probe_takes_over_when_the_first_is_cancelled(tmp_path):
    """No caller is left without a result."""
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


async def test_probes_and_reads_do_not_block_each_other(tmp_path):
    """`status` must not make a key unreadable, however often it is called."""
    go_on = tmp_path / "go_on"
    wait = f"import os\nwhile not os.path.exists({str(go_on)!r}): time.sleep(0.01)\n"
    store = child(
        f"open({str(tmp_path)!r} + '/' + request['op'], 'a').write('x')\n"
        f"if request['op'] == 'read':\n {wait.replace(chr(10), chr(10) + ' ')}\n"
        "print(json.dumps({'state': 'usable', 'values': [None for _ in request['usernames']]}))"
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


async def test_waiting_for_a_free_child_does_not_count_as_time(autojump_clock, monkeypatch):
    """Each operation has its own three seconds."""

    # Starting a real child would take no virtual time, and the clock would run ahead of it.
    async def hang(*_, seconds, **__):
        await trio.sleep(seconds)
        return ProcessResult(None, is_late=True)

    monkeypatch.setattr(keyring_store, "run_secret_process", hang)
    store, started, ended = KeyringStore({}, "aircher"), trio.current_time(), []

    async def read(label):
        await store.read_all([KeyId("work", label)])
        ended.append(trio.current_time() - started)

    async with trio.open_nursery() as nursery:
        for label in "abc":
            nursery.start_soon(read, label)
    assert ended == pytest.approx([3, 3, 6])


async def test_cancelling_a_read_kills_the_child(tmp_path):
    """A client that disconnects leaves no process running."""
    path = tmp_path / "pid"
    code = f"import os; open({str(path)!r}, 'w').write(str(os.getpid())); time.sleep(1000)"
    store = KeyringStore(
        os.environ, "aircher", command=[sys.executable, "-c", "import time; " + code], seconds=60
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.read_all, [KEY_ID])
        await trio.to_thread.run_sync(wait_for_text, path)
        nursery.cancel_scope.cancel()
    assert not is_running(path.read_text())


# ------------------------------------------------------------------ the real child


async def test_without_a_session_bus_the_keyring_is_unavailable():
    """For example on a server; reported at once."""
    state = await KeyringStore(WITHOUT_BUS, "aircher").probe()
    assert state.health is StoreHealth.UNAVAILABLE
    assert state.reason == "there is no session bus: DBUS_SESSION_BUS_ADDRESS says so"


async def test_a_session_bus_that_is_gone_is_named(tmp_path, monkeypatch):
    """Not the error of the library, which says nothing to a user; `doctor` has the same words."""
    bus = f"unix:path={tmp_path}/none"
    store = KeyringStore({**WITHOUT_BUS, "DBUS_SESSION_BUS_ADDRESS": bus}, "aircher")
    monkeypatch.setattr(keyring_store, "bus_addresses", lambda *_: (bus,))  # not the user's own
    state = await store.probe()
    assert state.health is StoreHealth.UNAVAILABLE
    assert state.reason == f"DBUS_SESSION_BUS_ADDRESS leads to {bus}, where no bus answers"
    assert (await store.describe()).state == state


@pytest.mark.parametrize(
    ("variables", "health"),
    [
        ({}, StoreHealth.UNREACHABLE),
        ({"DBUS_SESSION_BUS_ADDRESS": "disabled:"}, StoreHealth.UNAVAILABLE),
        (
            {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
            StoreHealth.UNAVAILABLE,
        ),
    ],
)
async def test_keyring_of_the_user_that_cannot_be_reached(tmp_path, monkeypatch, variables, health):
    """As by a daemon of a cron job: only the user may say that there is none."""
    monkeypatch.setattr(session_bus, "_address", lambda path: f"unix:path={tmp_path}{path}")
    folder = tmp_path / "keyrings"
    folder.mkdir()
    (folder / "login.keyring").touch()
    environ = {"PATH": os.environ["PATH"], "XDG_DATA_HOME": str(tmp_path), **variables}
    state = await KeyringStore(environ, "aircher").probe()
    assert state.health is health
    assert ("there is a keyring" in state.reason) is (health is StoreHealth.UNREACHABLE)


@pytest.mark.secret_service
async def test_keyring_on_the_bus_of_a_client_is_used(tmp_path, monkeypatch):
    """Only its address is needed; what a client says of other machines is ignored."""
    monkeypatch.setattr(session_bus, "_address", lambda path: f"unix:path={tmp_path}{path}")
    with secret_service() as service:
        store = KeyringStore({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/x"}, "aircher")
        assert (await store.probe()).health is StoreHealth.UNAVAILABLE
        bus = service.environ["DBUS_SESSION_BUS_ADDRESS"]
        assert not store.note_bus("tcp:host=127.0.0.1,port=1")
        assert store.note_bus(f"unix:path={tmp_path}/ended;{bus}")
        assert not store.note_bus(bus)
        assert (await store.probe()).health is StoreHealth.USABLE
        await store.write(KEY_ID, Secret("canary-1"))
        assert await store.read_all([KEY_ID]) == {KEY_ID: Secret("canary-1")}
        for number in range(MAX_CLIENT_BUSES):
            assert store.note_bus(f"unix:path={tmp_path}/{number}")
        assert (await store.probe()).health is StoreHealth.UNAVAILABLE


@pytest.mark.parametrize("program", ["missing", "failing"])
async def test_without_our_installation_that_is_the_reason(monkeypatch, tmp_path, program):
    """Not an error of the system: trying again would not help."""
    gone = Installation(tmp_path / "gone" / "aircher_wire" / "version.py", Path(sys.executable))
    monkeypatch.setattr(keyring_store, "INSTALLATION", gone)
    command = {"missing": [f"{tmp_path}/python"], "failing": [sys.executable, "-c", "import gone"]}
    state = await KeyringStore(os.environ, "aircher", command=command[program]).probe()
    assert state.health is StoreHealth.UNREACHABLE
    assert "was removed" in state.reason
    assert state.reason.endswith("run 'aircher-cli daemon restart'")


async def test_no_bus_of_a_client_is_used_where_the_user_wants_none():
    """`disabled:` is for all."""
    assert not KeyringStore(WITHOUT_BUS, "aircher").note_bus("unix:path=/a")


async def test_other_backend_is_refused_and_not_loaded(tmp_path):
    """`keyrings.alt`, for example, silently stores plaintext."""
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
    assert state.health is StoreHealth.UNREACHABLE
    assert "PYTHON_KEYRING_BACKEND" in state.reason
    with pytest.raises(KeyringLocked):
        await store.write(KEY_ID, Secret("canary-1"))
    assert [path.name for path in tmp_path.iterdir()] == ["planted.py"]


async def test_backend_from_a_configuration_file_is_not_loaded(tmp_path):
    """Keyring itself would import what keyringrc.cfg names."""
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
    # Not in the test itself: trio would lose the reason of a skip.
    with secret_service(keyring=getattr(request, "param", True)) as running:
        yield running


@pytest.fixture
def store(service):
    return KeyringStore({**os.environ, **service.environ}, "aircher")


@pytest.mark.secret_service
async def test_locked_keyring_is_reported_and_usable_after_unlocking(service, store):
    """Without a prompt and without waiting."""
    await store.write(KEY_ID, Secret("canary-1"))
    service.lock()
    state = await store.probe()
    assert (state.health, "locked" in state.reason) == (StoreHealth.LOCKED, True)
    assert await store.read_all([KEY_ID]) == {KEY_ID: KeyUnreadable(state)}
    with pytest.raises(KeyringLocked, match="locked"):
        await store.write(KEY_ID, Secret("canary-2"))
    with pytest.raises(KeyringLocked, match="locked"):
        await store.delete(KEY_ID)
    service.unlock()
    assert await store.read_all([KEY_ID]) == {KEY_ID: Secret("canary-1")}
    assert service.stored("aircher") == {"work/default": "canary-1"}


@pytest.mark.secret_service
async def test_key_removed_with_the_keyrings_application_is_missing(service, store):
    """It is neither locked nor an error."""
    await store.write(KEY_ID, Secret("canary-1"))
    service.forget("aircher", "work/default")
    assert await store.read_all([KEY_ID]) == {KEY_ID: KeyMissing()}


@pytest.mark.secret_service
@pytest.mark.parametrize("service", [False], indirect=True)
async def test_keyring_that_starts_later_is_found(service, store):
    """At login the daemon may start before the keyring."""
    assert (await store.probe()).health is StoreHealth.UNAVAILABLE
    service.start_keyring()
    assert (await store.probe(fresh=True)).health is StoreHealth.USABLE


@pytest.mark.secret_service
async def test_real_hanging_keyring_is_unreachable_and_recovers(service, store):
    """It accepts the call and does not answer until it is resumed."""
    impatient = KeyringStore({**os.environ, **service.environ}, "aircher", seconds=0.7)
    service.hang()
    state = await impatient.probe()
    service.resume()
    assert state.health is StoreHealth.UNREACHABLE
    assert "did not answer" in state.reason
    assert (await store.probe()).health is StoreHealth.USABLE


@pytest.mark.secret_service
async def test_two_homes_do_not_share_keys(service, store):
    """They have different service names."""
    await store.write(KEY_ID, Secret("canary-1"))
    other = KeyringStore({**os.environ, **service.environ}, "aircher:01234567")
    assert await other.read_all([KEY_ID]) == {KEY_ID: KeyMissing()}


@pytest.mark.secret_service
@pytest.mark.parametrize(
    "named",
    [
        None,
        "",
        "unix:path=/no/such/bus",
        "unix:path={dead}",
        "unix:path=/no/such/bus;unix:path={dead};unix:path={bus},guid=0123",
        "autolaunch:",
        "autolaunch:;tcp:host=127.0.0.1,port=1;unix:path={bus}",
        "rubbish",
    ],
)
async def test_keyring_that_is_reachable_is_found(service, tmp_path, named):
    """The variable may be missing, be left over from a session that ended, or be a list."""
    (tmp_path / "bus").symlink_to(service.folder / "bus")
    dead = str(service.folder / "dead")
    with socket.socket(socket.AF_UNIX) as ended:
        ended.bind(dead)
    environ = {**WITHOUT_BUS, "XDG_RUNTIME_DIR": str(tmp_path)}
    del environ["DBUS_SESSION_BUS_ADDRESS"]
    if named is not None:
        address = named.format(dead=dead, bus=service.folder / "bus")
        environ["DBUS_SESSION_BUS_ADDRESS"] = address
    assert (await KeyringStore(environ, "aircher").probe()).health is StoreHealth.USABLE


@pytest.mark.secret_service
async def test_one_child_and_no_other_program_is_started(service, tmp_path):
    """Backends of other platforms run compilers to find their libraries."""
    strace = shutil.which("strace")
    if strace is None:
        missing("strace", "apt-get install strace")
    log = tmp_path / "calls"
    command = [strace, "-f", "-o", str(log), "-e", "trace=execve,fork,vfork,clone,clone3", *CHILD]
    environ = {**os.environ, **service.environ}
    store = KeyringStore(environ, "aircher", command=command, seconds=30)
    assert (await store.describe()).state.health is StoreHealth.USABLE
    calls = [line for line in log.read_text().splitlines() if "+++" not in line]
    assert len(calls) == 1, calls


def test_the_child_runs_from_memory_when_its_file_is_gone(monkeypatch):
    """An update may replace the installation while the daemon runs."""
    assert child_command() == CHILD
    keep_child_source()
    assert child_command() == CHILD
    gone = SimpleNamespace(problem=lambda: ("installation_gone", "it is gone"))
    monkeypatch.setattr("aircherd.auth.stores.keyring_store.INSTALLATION", gone)
    command = child_command()
    assert command[1:3] == ("-P", "-c")
    request = {"op": "probe", "service": "aircher-tests", "usernames": []}
    done = subprocess.run(
        command,
        input=json.dumps(request),
        env={"PATH": os.environ["PATH"], "PYTHON_KEYRING_BACKEND": "no.such.Backend"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["state"] == "unreachable"
