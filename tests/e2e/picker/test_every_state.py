"""Every state that AuthManager knows, on the screen: what it is, why, and what to do.

The tables are `ACCOUNTS`, `SERVERS`, `REFUSING`, `KEYRING` and the rows below them. Each row is a
provider of a real daemon that is in this state, with what its line and the pane at the right say on
a screen of 100x30. Then the test does what the screen says, and sees the state change.
"""

import asyncio
import re
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from aircher_cli.picker.screen.dialogs.choice_list import ChoiceList
from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog
from aircher_cli.picker.screen.dialogs.first_run import FirstRun
from aircher_cli.picker.screen.dialogs.key_field import KeyField
from aircher_cli.picker.view.here import Here
from aircher_cli.picker.view.states.table import (
    LEASED,
    LIMITS,
    NO_PRICE,
    NO_SUCH_KEY,
    NOT_ALLOWED,
    NOTHING_ALLOWED,
    REFUSES,
    REFUSES_AWAY,
    UPSTREAM_AWAY,
    USED_UP,
    StateText,
)
from aircher_client import DaemonError
from aircherd.testing.simulator import Fault, Simulator
from aircherd.testing.simulator.keys import ANY_KEY
from aircherd.vocabulary.keys import Health, KeyState
from helpers.daemon.real_daemon import Home, simulator, wait_until
from helpers.daemon.real_daemon import home as open_home
from helpers.engines import valkey
from helpers.fleet.machines import limit, open_machines
from helpers.fleet.upstream import open_upstream
from helpers.picker.pilot import run_pilot
from helpers.screen.live_picker import LivePicker, open_live_picker, shown
from helpers.screen.state_table import (
    Remedy,
    Shown,
    World,
    an_entry,
    check,
    edit_config,
    key_of,
    press,
    sign_in,
)
from helpers.secret_service import secret_service

pytestmark = pytest.mark.timeout(180)


async def sign_in_with_second(_: World, picker: LivePicker) -> None:
    """Sign in with the key that works of a provider with two; its label is there already."""
    await picker.sign_in(SECOND_KEY)


def write_key(provider: str) -> Remedy:
    """Put a key that works where the key command reads it, and check it."""

    async def do(world: World, picker: LivePicker) -> None:
        (world.home.root / f"{provider}.txt").write_text(key_of(provider))
        await picker.press("ctrl+t")

    return do


def write_variable(name: str, provider: str) -> Remedy:
    """Set a variable in the daemon's file of variables, which is noticed by itself."""

    async def do(world: World, picker: LivePicker) -> None:
        file = world.home.root / ".aircher" / "environment"
        file.touch(0o600)
        file.write_text(f"{name}={key_of(provider)}\n")

    return do


async def close_the_file(world: World, picker: LivePicker) -> None:
    """Run the command that closes the file of variables to others."""
    assert "chmod 600 /" in picker.pane
    file = world.home.root / ".aircher" / "environment"
    await asyncio.to_thread(file.chmod, 0o600)


async def sign_out(_: World, picker: LivePicker) -> None:
    """Remove the stored key."""
    await picker.press("ctrl+d")
    await picker.wait(lambda: isinstance(picker.app.screen, ConfirmDialog), "it asks")
    await picker.press("down", "enter")


async def start_server(world: World, picker: LivePicker) -> None:
    """Start the server that was not running, and fetch its list."""
    assert world.server_at is not None
    server = await asyncio.to_thread(world.server_at)
    assert isinstance(server, Simulator)
    server.keys.accept("openai", ANY_KEY)
    await picker.press("ctrl+r")


async def unlock(world: World, picker: LivePicker) -> None:
    """Unlock the keyring, and check the key again."""
    assert world.keyring is not None
    await asyncio.to_thread(world.keyring.unlock)
    await picker.press("ctrl+t")


async def unlock_all(_: World, picker: LivePicker) -> None:
    """Unlock all keys, once the foot says that its key does so."""
    await picker.wait(lambda: "^L unlock" in picker.text, "the foot names the key")
    await picker.press("ctrl+l")


async def start_upstream(world: World, picker: LivePicker) -> None:
    """Start the daemon that has the keys, and fetch its list."""
    assert world.upstream is not None
    await asyncio.to_thread(world.upstream.start, {"WORK_KEY": key_of("work")}, log_level="info")
    await picker.press("ctrl+r")


def run(command: str, says: str) -> Remedy:
    """Run the command that the pane names; it says what is wrong."""

    async def do(world: World, picker: LivePicker) -> None:
        assert f"aircher-cli {command}" in picker.pane
        done = await asyncio.to_thread(world.home.cli, *command.split())
        assert says in done.stdout + done.stderr

    return do


# ------------------------------------------------------------------ accounts and their keys

ACCOUNTS = (
    Shown("authenticated", "ready", "✓ ready", ("✓ ready: the key works", "key ✓ default …cdef")),
    Shown(
        "unverified",
        "fromenv",
        "? not checked",
        (
            "? not checked: the key has not been checked yet; it is used all the same",
            "→ Ctrl-T checks it",
            "from the environment variable FROM_KEY",
        ),
        press("ctrl+t"),
        "✓ ready",
    ),
    Shown(
        "not_configured",
        "nokey",
        "○ not signed in",
        ("○ not signed in: no key is stored for it", "→ Ctrl-L signs in"),
        sign_in,
        "✓ ready",
    ),
    Shown(
        "rejected",
        "revoked",
        "✗ refused",
        ("✗ refused: HTTP 401", "→ Ctrl-L signs in again", "refused the key (HTTP 401)"),
        sign_in,
        "✓ ready",
    ),
    Shown(
        "rejected",
        "badenv",
        "✗ refused",
        ("HTTP 401", "→ set BAD_KEY in ~/.aircher/environment", "key ✗ env:BAD_KEY"),
        write_variable("BAD_KEY", "badenv"),
        "? not checked",
    ),
    Shown(
        "unreadable",
        "cmdfails",
        "⚠ unreadable",
        ("exit status 1", "→ run it in a shell to see why, then Ctrl-T"),
        write_key("cmdfails"),
        "✓ ready",
    ),
    Shown(
        "unreadable",
        "cmdempty",
        "⚠ unreadable",
        ("the output of cat is not a key", "→ run it in a shell to see why, then Ctrl-T"),
        write_key("cmdempty"),
        "✓ ready",
    ),
    Shown(
        "rejected",
        "cmdbad",
        "✗ refused",
        ("✗ refused: HTTP 401", "→ renew it there, then Ctrl-T"),
        write_key("cmdbad"),
        "✓ ready",
    ),
    Shown(
        "unreachable",
        "away",
        "⚠ unreachable",
        ("Connection refused", "→ check the network and the proxy: aircher-cli doctor"),
        press("ctrl+x"),
        "? not checked",
    ),
    Shown(
        "cooling",
        "cooling",
        "⚠ cooling",
        ("rate limit reached", "cooling down until", "ready in 9:", "→ Ctrl-X ends the"),
        press("ctrl+x"),
        "✓ ready",
    ),
    Shown(
        "cooling",
        "modelcools/gpt-5.5",
        "⚠ cooling",
        ("rate limit reached", "cooling down until", "→ Ctrl-X ends the"),
        press("ctrl+x"),
        "✓ ready",
    ),
    Shown("authenticated", "modelcools/gpt-5.5-mini", "✓ ready", ("the key works",)),
    Shown(
        "cooling",
        "busy/gpt-5.5",
        "⚠ cooling",
        ("is overloaded", "cooling down until", "→ Ctrl-X ends the cooldown now"),
        press("ctrl+x"),
        "✓ ready",
    ),
    Shown(
        "quota_exhausted",
        "credit",
        "⚠ no credit",
        ("credit or quota is used up", "→ add credit at the provider, then Ctrl-X"),
        press("ctrl+x"),
        "✓ ready",
    ),
    Shown(
        "authenticated",
        "shadow",
        "✓ ready",
        ("key ✓ default …cdef", "hides environment variable SHADOW_KEY"),
        sign_out,
        "? not checked",
    ),
    Shown(
        "authenticated",
        "twokeys",
        "✓ ready",
        (
            "✓ ready: the key works",
            "key ✗ default …cdef",
            "HTTP 401 → Ctrl-L signs in again",
            "key ✓ second …6789",
        ),
    ),
    Shown(
        "refused",
        "broken",
        "✗ invalid entry",
        ("providers.broken.base_url: must begin with", "aircher-cli config edit"),
        edit_config("ftp://example.com", "http://127.0.0.1:1/v1"),
        "○ not signed in",
    ),
    Shown(
        NO_SUCH_KEY,
        "third",
        "○ not signed in",
        ("it has no key 'third', and the alias allows no other", "→ Ctrl-L signs in"),
        sign_in_with_second,
        "✓ ready",
    ),
    Shown("", "second", "✓ ready", ("now twokeys/gpt-5.5 with the key second", "key second")),
    Shown(
        "not_required", "ollama", "⌂ local", ("⌂ local: it runs on this machine and needs no key",)
    ),
)

WITH_KEY = ("ready", "revoked", "cooling", "modelcools", "busy", "credit", "shadow", "twokeys")
SECOND_KEY = "canary-second-0123456789"


def accounts_config(home: Home, sim: Simulator) -> str:
    url = f"{sim.url}/v1"
    command = [
        an_entry(name, url, f'key_command = ["cat", "{home.root / name}.txt"]')
        for name in ("cmdfails", "cmdempty", "cmdbad")
    ]
    return "".join(
        (
            *(an_entry(name, url) for name in WITH_KEY if name != "shadow"),
            an_entry("shadow", url, 'env = "SHADOW_KEY"'),
            an_entry("fromenv", url, 'env = "FROM_KEY"'),
            an_entry("badenv", url, 'env = "BAD_KEY"'),
            an_entry("nokey", url, 'env = "NO_KEY"'),
            *command,
            an_entry("away", "https://0.0.0.0:1/v1"),
            an_entry("broken", "ftp://example.com"),
            f'[providers.ollama]\nbase_url = "{sim.url}"\n\n',
            '[models.chain]\nroutes = ["nokey/gpt-5.5", "cooling/gpt-5.5", "ready/gpt-5.5"]\n',
            '[models.second]\nroutes = ["twokeys@second/gpt-5.5"]\n',
            '[models.third]\nroutes = ["twokeys@third/gpt-5.5"]\n',
        )
    )


@pytest.fixture(scope="module")
def accounts() -> Iterator[World]:
    """A daemon with a provider for each row of `ACCOUNTS`."""
    with simulator() as sim, open_home() as home:
        sim.keys.accept("openai", SECOND_KEY, *(key_of(row.provider) for row in ACCOUNTS))
        sim.keys.accept("openai", *(key_of(name) for name in WITH_KEY))
        home.write_config(accounts_config(home, sim))
        (home.root / "cmdempty.txt").write_text("")
        (home.root / "cmdbad.txt").write_text("canary-bad-0123456789")
        variables = {
            "FROM_KEY": key_of("fromenv"),
            "BAD_KEY": "canary-bad-0123456789",
            "SHADOW_KEY": key_of("shadow"),
        }
        home.start(variables, log_level="info")
        sign_in_everywhere(home)
        make_trouble(home, sim)
        yield World(home, sim)


def sign_in_everywhere(home: Home) -> None:
    with home.client() as client:
        for name in WITH_KEY:
            client.call("auth.login", {"provider": name, "key": key_of(name)})
        second = {"provider": "twokeys", "key": SECOND_KEY, "label": "second"}
        client.call("auth.login", second)
        client.call("auth.login", {"provider": "away", "key": key_of("away"), "verify": False})


def make_trouble(home: Home, sim: Simulator) -> None:
    """Let requests find out what is wrong with each provider."""
    sim.keys.revoke("openai", key_of("revoked"), key_of("twokeys"))
    for name, error in (
        ("cooling", "rate_limit"),
        ("modelcools", "mistral_flat"),
        ("busy", "overloaded"),
        ("credit", "quota"),
    ):
        sim.faults.add(
            Fault("error", error=error, vendor="openai", key=key_of(name), retry_after=600)
        )
    for name in (
        *("revoked", "twokeys", "cooling", "modelcools", "busy", "credit"),
        *("badenv", "cmdfails", "cmdempty", "cmdbad", "away"),
    ):
        home.cli("ask", "-m", f"{name}/gpt-5.5", "hello")
    sim.keys.accept("openai", key_of("revoked"))  # as if the user had renewed it


@pytest.mark.parametrize("row", ACCOUNTS, ids=str)
def test_account(accounts: World, row: Shown) -> None:
    """The screen says what each state of an account is and why, and its advice helps."""
    check(accounts, row)


# ------------------------------------------------------------------ servers and the configuration

SERVERS = (
    Shown(
        USED_UP,
        "limited",
        "⚠ limited",
        (
            "your limit is used up: limited: 1 request a day",
            "1 of 1 used",
            "aircher-cli config edit",
        ),
        edit_config("requests = 1$", "requests = 1000"),
        "✓ ready",
    ),
    Shown(
        "rejected",
        "moved",
        "✗ refused",
        ("this key was stored for http://localhost", "→ Ctrl-L signs in again"),
        sign_in,
        "✓ ready",
    ),
    Shown(
        "not_required",
        "absent",
        "⌂ not running",
        ("the local server is not running", "→ start it, then Ctrl-R"),
        start_server,
        "⌂ local",
    ),
    Shown(
        NOTHING_ALLOWED,
        "nothing",
        "⚠ limited",
        ("your limit allows nothing: nothing: 0 requests a day", "→ raise it: aircher-cli"),
        edit_config("requests = 0 # nothing", "requests = 9"),
        "✓ ready",
    ),
    Shown("", "elsewhere", "✓ ready", ("✓ ready: the key works", "now elsewhere/gpt-5.5")),
    Shown(
        NO_PRICE,
        "unpriced/gpt-5.5",
        "⚠ limited",
        (
            "its price is not known, and your limit counts costs: unpriced: 5.00 USD a month",
            '→ write its price under [catalog."unpriced/gpt-5.5"]: aircher-cli config edit',
        ),
        edit_config(
            "# prices", '[catalog."unpriced/gpt-5.5"]\\ninput_price = 1\\noutput_price = 2'
        ),
        "✓ ready",
    ),
    Shown(
        UPSTREAM_AWAY,
        "laptop",
        "⚠ unreachable",
        ("the daemon at /", "cannot be reached", "→ start or forward that daemon, then Ctrl-R"),
        start_upstream,
        "✓ ready",
    ),
    Shown(
        "locked",
        "fromfile",
        "⚠ locked",
        ("environment", "chmod 600"),
        close_the_file,
        "? not checked",
    ),
)


UNDER_LIMITS = ("nothing", "elsewhere", "unpriced")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def servers() -> Iterator[World]:
    """A daemon with a provider for each row of `SERVERS`."""
    with ExitStack() as stack:
        sim = stack.enter_context(simulator())
        home, upstream = (stack.enter_context(open_home()) for _ in range(2))
        upstream.write_config(an_entry("work", f"{sim.url}/v1", 'env = "WORK_KEY"'))
        sim.keys.accept("openai", key_of("unpriced"), key_of("work"))
        sim.keys.accept("openai", *(key_of(row.provider) for row in SERVERS))
        moved = sim.url.replace("127.0.0.1", "localhost")
        port = free_port()
        text = "".join(
            (
                an_entry("limited", f"{sim.url}/v1"),
                an_entry("moved", f"{moved}/v1"),
                an_entry("absent", f"http://127.0.0.1:{port}/v1", 'auth = "none"'),
                an_entry("fromfile", f"{sim.url}/v1", 'env = "FILE_KEY"'),
                '[providers.ollama]\nbase_url = "http://127.0.0.1:1"\n\n',
                f'[providers.laptop]\nkind = "socket"\npath = "{upstream.socket}"\n\n',
                *(an_entry(name, f"{sim.url}/v1") for name in UNDER_LIMITS),
                '[[limits]]\nprovider = "limited"\nrequests = 1\nper = "day"\n',
                '[[limits]]\nprovider = "nothing"\nrequests = 0 # nothing\nper = "day"\n',
                '[[limits]]\nprovider = "elsewhere"\nproject = "/elsewhere"\nrequests = 0\n',
                'per = "day"\n[[limits]]\nprovider = "unpriced"\nusd = 5\nper = "month"\n',
                "# prices\n",
            )
        )
        home.write_config(text)
        file = home.root / ".aircher" / "environment"
        file.write_text(f"FILE_KEY={key_of('fromfile')}\n")
        file.chmod(0o644)
        home.start(log_level="info")
        with home.client() as client:
            for name in ("limited", "moved", *UNDER_LIMITS):
                client.call("auth.login", {"provider": name, "key": key_of(name)})
        home.write_config(text.replace(moved, sim.url))
        home.cli("config", "reload")
        home.cli("ask", "-m", "limited/gpt-5.5", "hello")
        yield World(
            home,
            sim,
            server_at=lambda: stack.enter_context(simulator(port)),
            upstream=upstream,
        )


@pytest.mark.parametrize("row", SERVERS, ids=str)
def test_server_or_entry(servers: World, row: Shown) -> None:
    """The screen says what is wrong with a server or the configuration, and its advice helps."""
    check(servers, row)


# ------------------------------------------------------------------ limits that cannot be kept

REFUSING = (
    Shown(
        REFUSES_AWAY,
        "fleet",
        "⚠ limited",
        ("is away, and nothing may be used here: fleet: 5 requests a day", "→ see why:"),
        run("doctor", "requests under shared limits are refused"),
        "⚠ limited",
    ),
    Shown(
        REFUSES,
        "strict",
        "⚠ limited",
        ("cannot be checked, so requests are refused: strict: 5 requests a day", "→ see why:"),
        run("limits", "the ledger does not work"),
        "⚠ limited",
    ),
)


@pytest.fixture(scope="module")
def refusing() -> Iterator[World]:
    """A daemon whose engine is away, and whose ledger another program has locked."""
    with simulator() as sim, open_home() as home:
        names = [row.provider for row in REFUSING]
        sim.keys.accept("openai", *map(key_of, names))
        limit = '[[limits]]\nprovider = "{}"\nrequests = 5\nper = "day"\nscope = "{}"\n'
        shared = '[shared]\nurl = "redis://127.0.0.1:1"\non_outage = "refuse"\n'
        home.write_config(
            "".join(
                (
                    *(an_entry(name, f"{sim.url}/v1") for name in names),
                    f'{shared}[usage]\non_failure = "refuse"\n',
                    limit.format("fleet", "shared"),
                    limit.format("strict", "local"),
                )
            )
        )
        home.start(log_level="info")
        for name in names:
            home.login(name, key_of(name))
        home.stop()
        with closing(sqlite3.connect(home.data / "ledger.db")) as other:
            other.execute("BEGIN EXCLUSIVE")
            home.start(log_level="info")
            yield World(home, sim)


@pytest.mark.parametrize("row", REFUSING, ids=str)
def test_limit_that_cannot_be_kept(refusing: World, row: Shown) -> None:
    """The screen says that requests are refused, and which command says why."""
    check(refusing, row)


LEASED_ROW = Shown(
    LEASED,
    "work/m",
    "⚠ limited",
    (
        "other machines hold all that is left of your limit: everything: 1 request a day",
        "→ wait, or see which: aircher-cli limits",
        "0 of 1 used by all machines, 0 here, 1 leased elsewhere",
    ),
)


def test_limit_that_another_machine_holds() -> None:
    """A request in progress there has leased all of it, until it ends; then it is used up."""
    with ExitStack() as stack:
        engine, upstream = (stack.enter_context(each()) for each in (valkey, open_upstream))
        limits = limit(requests=1)
        machines = stack.enter_context(open_machines(2, upstream, engine.url, limits))
        other, here = machines
        upstream.hold()
        asked = stack.enter_context(ThreadPoolExecutor(1)).submit(other.home.cli, "ask", "use 1 1")
        stack.callback(upstream.release)
        wait_until(lambda: upstream.total().open == 1, "a request is in progress")
        wait_until(
            lambda: bool(here.call("limits.status")["limits"][0].get("held_elsewhere")),
            "this machine knows of the lease",
        )
        check(World(here.home), LEASED_ROW)
        assert not attempts_of(here.home, "work/m")
        upstream.release()
        asked.result()


# ------------------------------------------------------------------ a real keyring

KEYRING = (
    Shown("authenticated", "kept", "✓ ready", ("key ✓ default …cdef", "from the keyring")),
    Shown(
        "not_configured",
        "gone",
        "○ not signed in",
        ("the keyring no longer has this key", "→ Ctrl-L signs in"),
        sign_in,
        "✓ ready",
    ),
    Shown(
        "locked",
        "locked",
        "⚠ locked",
        ("the keyring cannot be read: it is locked", "→ unlock or start the keyring"),
        unlock,
        "✓ ready",
    ),
    Shown(
        "locked",
        "absentring",
        "⚠ locked",
        ("the keyring cannot be read", "→ unlock or start the keyring"),
    ),
)


@pytest.fixture(scope="module")
def keyring() -> Iterator[World]:
    """A daemon with keys in a real Secret Service."""
    with secret_service() as service, simulator() as sim, open_home() as home:
        names = [row.provider for row in KEYRING]
        sim.keys.accept("openai", *map(key_of, names))
        home.write_config("".join(an_entry(name, f"{sim.url}/v1") for name in names))
        home.start(service.environ, log_level="info")
        with home.client() as client:
            for name in names:
                client.call("auth.login", {"provider": name, "key": key_of(name)})
        yield World(home, sim, service)


@pytest.mark.secret_service
@pytest.mark.parametrize("row", KEYRING, ids=str)
def test_keyring(keyring: World, row: Shown) -> None:
    """The screen says what is wrong with the keyring, and its advice helps."""
    assert keyring.keyring is not None
    if row.provider == "gone":
        keyring.keyring.forget("aircher", "gone/default")
        restart(keyring)
    elif row.provider == "locked":
        keyring.keyring.lock()
        restart(keyring)
    elif row.provider == "absentring":
        keyring.keyring.stop_keyring()
        restart(keyring)
    check(keyring, row)


def restart(world: World) -> None:
    """Let the daemon forget the keys that it has read."""
    assert world.keyring is not None
    world.home.stop()
    world.home.start(world.keyring.environ, log_level="info")


# ------------------------------------------------------------------ all providers at once

LOCKED = Shown(
    "locked",
    "modelcools/gpt-5.5-mini",
    "⚠ locked",
    ("all keys are locked (auth lock)", "→ Ctrl-L unlocks them"),
    unlock_all,
    "✓ ready",
)
FOLDER = Shown(
    NO_SUCH_KEY,
    "ready",
    "○ not signed in",
    ("it has no key 'work', and ~/acme/.aircher allows no other", "→ Ctrl-L signs in"),
)


RIGHTS = '[clients.aircher-cli]\nproviders = ["ollama"]\n'
NOT_ALLOWED_ROW = Shown(
    NOT_ALLOWED,
    "work",
    "✗ not allowed",
    (
        'this client may not ask it: [clients."aircher-cli"] allows ollama',
        "→ add it to providers there, in the daemon's configuration: aircher-cli config edit",
        "key ✓ default …cdef",
    ),
    edit_config('."ollama".', '["ollama", "work"]'),
    "✓ ready",
)


def test_all_keys_locked(accounts: World) -> None:
    """By the user: one key unlocks them, and without a key nothing else is asked for."""
    accounts.home.cli("auth", "lock")
    try:
        check(accounts, LOCKED)
    finally:
        accounts.home.cli("auth", "unlock")


def test_locked_without_any_key() -> None:
    """The first screen unlocks before it asks for a key, which the daemon would refuse."""

    def offered(picker: LivePicker) -> str:
        is_first = isinstance(picker.app.screen, FirstRun)
        steps = picker.app.screen.query(ChoiceList)  # none until the screen has been built
        return ", ".join(steps.first().titles) if is_first and steps else ""

    async def body(home: Home) -> None:
        async with open_live_picker(home) as picker:
            await picker.wait(lambda: "Unlock the keys" in offered(picker), "it unlocks first")
            assert "all keys are locked (auth lock); until then" in shown(picker.app.screen)
            assert "Sign in to" not in offered(picker)
            await picker.press("enter")
            await picker.wait(lambda: "Sign in to" in offered(picker), "keys are asked for")
            assert "Unlock the keys" not in offered(picker)

    with open_home() as home:
        home.write_config(an_entry("work", "http://127.0.0.1:1/v1"))
        home.start(log_level="info")
        home.cli("auth", "lock")
        run_pilot(body(home))


def test_client_that_may_not_sign_in() -> None:
    """It says so instead of asking for a key, and asks as soon as the configuration lets it."""
    rights = '[clients.nvim]\n[protect]\nsign_in = ["nvim"]\n'

    async def body(home: Home) -> None:
        async with open_live_picker(home) as picker:
            on_screen = lambda: shown(picker.app.screen)  # noqa: E731
            await picker.select("work")
            await picker.wait(lambda: bool(picker.app.state.view.keys_refused), "it is known")
            await picker.press("ctrl+l")
            why = "may not store or unlock keys: [protect] sign_in allows nvim"
            await picker.wait(lambda: why in " ".join(on_screen().split()), "it says why")
            assert not picker.app.screen.query(KeyField)
            await picker.press("escape")
            home.write_config(an_entry("work", "http://127.0.0.1:1/v1"))
            await asyncio.to_thread(home.cli, "config", "reload")
            await picker.wait(lambda: not picker.app.state.view.keys_refused, "it may again")
            await picker.press("ctrl+l")
            await picker.wait(lambda: bool(picker.app.screen.query(KeyField)), "it asks")

    with open_home() as home:
        home.write_config(an_entry("work", "http://127.0.0.1:1/v1", 'env = "A_KEY"') + rights)
        home.start({"A_KEY": key_of("work")}, log_level="info")
        run_pilot(body(home))


def test_provider_that_the_client_may_not_ask() -> None:
    """Although its key works, which is still shown; a corrected file brings it back."""
    with simulator() as sim, open_home() as home:
        sim.keys.accept("openai", key_of("work"))
        home.write_config(an_entry("work", f"{sim.url}/v1") + RIGHTS)
        home.start(log_level="info")
        home.login("work", key_of("work"))
        check(World(home, sim), NOT_ALLOWED_ROW)


def test_folder_with_a_key_of_its_own(accounts: World) -> None:
    """From there no other key answers, whichever works."""
    here = Here(key="work", key_from="~/acme/.aircher", source="~/acme/.aircher")
    check(accounts._replace(here=here), FOLDER)


def test_configuration_that_is_invalid_as_a_whole() -> None:
    """Each provider says why it is not asked; correcting the file brings all of them back."""
    row = Shown(
        "",
        "work",
        "✗ invalid entry",
        ("the configuration is invalid, so no provider is asked", "aircher-cli config edit"),
        edit_config("this is no TOML", ""),
        "✓ ready",
    )
    with simulator() as sim, open_home() as home:
        sim.keys.accept("openai", key_of("work"))
        good = an_entry("work", f"{sim.url}/v1")
        home.write_config(good)
        home.start(log_level="info")
        home.login("work", key_of("work"))
        home.stop()
        home.write_config(f"{good}this is no TOML\n")
        home.start(log_level="info")
        check(World(home, sim), row)


@pytest.mark.parametrize("is_stopped", [False, True], ids=["never started", "stopped"])
def test_daemon_that_does_not_run(is_stopped: bool) -> None:
    """The screen says so instead of the list, or above the keys, and one key starts it."""

    async def body(home: Home, sim: Simulator) -> None:
        async with open_live_picker(home) as picker:
            if is_stopped:
                await picker.select("work")
                await asyncio.to_thread(home.cli, "daemon", "stop")
                await picker.wait(lambda: "the daemon was stopped" in picker.text, "it says so")
                assert "✓   gpt-5.5" in picker.text
            await picker.wait(lambda: "^R starts the daemon" in picker.text, "a key is named")
            assert is_stopped or "aircherd is not running" in picker.text
            await picker.press("ctrl+r")
            await picker.wait(lambda: "the daemon is running" in picker.text, "it runs")
            await picker.select("work")
            await picker.wait_for_state("✓ ready")  # as checked before

    with simulator() as sim, open_home() as home:
        sim.keys.accept("openai", key_of("work"))
        home.write_config(an_entry("work", f"{sim.url}/v1"))
        home.start(log_level="info")
        home.login("work", key_of("work"))
        if not is_stopped:
            home.stop()
        try:
            run_pilot(body(home, sim))
        finally:
            home.cli("daemon", "stop", "--now")


# ------------------------------------------------------------------ the tables as a whole

TABLES = (*ACCOUNTS, *SERVERS, *REFUSING, LEASED_ROW, *KEYRING, LOCKED, FOLDER, NOT_ALLOWED_ROW)


def test_every_word_of_the_daemon_has_a_row() -> None:
    """A state that is new has to be shown, explained and tried before this passes."""
    words = {state.value for state in KeyState} | {health.value for health in Health}
    covered = {row.covers for row in TABLES if isinstance(row.covers, str)}
    assert words - covered - {Health.OK.value} == set()
    texts = {row.covers for row in TABLES if isinstance(row.covers, StateText)}
    assert {*LIMITS, NO_SUCH_KEY, NOT_ALLOWED, UPSTREAM_AWAY} - texts == set()


_NOW = re.compile(r"(?<!alias, )now ([^ ]+/[^ ]+)(?: with key ([^ ]+))? (.*)")


@pytest.mark.parametrize("name", ["accounts", "servers"])
def test_what_would_answer_now_is_what_answers(request: pytest.FixtureRequest, name: str) -> None:
    """The pane and a request that is sent right after it agree, whatever state all are in."""
    world: World = request.getfixturevalue(name)
    providers = {row.provider.partition("/")[0] for row in (*ACCOUNTS, *SERVERS)}

    async def body() -> None:
        async with open_live_picker(world.home, (200, 50)) as picker:
            await picker.press("ctrl+e")  # also of providers that are folded
            await picker.wait(lambda: bool(picker.app.state.view.providers), "all is known")
            rows = [item.row for item in picker.app.state.items if item.row]
            wanted = [row for row in rows if row.kind == "alias" or row.provider in providers]
            for row in wanted:
                if row.kind == "alias" or row.model == "gpt-5.5":
                    await compare(world, picker, row.name)

    run_pilot(body())


def attempts_of(home: Home, model: str) -> list[dict[str, str]]:
    """Return the attempts of a request that is answered; none if it is not."""
    request = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    with home.client() as client:
        try:
            return client.call("chat", request)["attempts"]  # type: ignore[no-any-return]
        except DaemonError:
            return []


async def compare(world: World, picker: LivePicker, model: str) -> None:
    """Compare what the pane says of a model with what answers a request."""
    await picker.select(model)
    await picker.wait(lambda: model in picker.app.state.explained, "it is explained")
    picker.app.redraw()
    pane = picker.pane
    says = _NOW.search(pane)
    if attempts := await asyncio.to_thread(attempts_of, world.home, model):
        first = attempts[0]  # another one may have answered after it
        assert says is not None, pane
        asked = (f"{first['provider']}/{first['model']}", first.get("key"))
        assert (says[1], says[2]) == asked, pane
    else:
        is_doubtful = says is not None and re.match("last resort|probe", says[3])
        is_refused = not picker.state.startswith(("✓", "?", "⌂ local"))
        assert is_doubtful or is_refused, pane
