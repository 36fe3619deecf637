"""Every state that AuthManager knows, on the screen: what it is, why, and what to do.

`ACCOUNTS`, `SERVERS` and `KEYRING` are the table. Each row is a provider of a real daemon that is
in this state, with what its line and the pane at the right say on a screen of 100x30. Then the test
does what the screen says, and sees the state change.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog
from aircherd.testing.simulator import Fault, Simulator
from aircherd.testing.simulator.keys import ANY_KEY
from helpers.daemon.real_daemon import Home, simulator
from helpers.daemon.real_daemon import home as open_home
from helpers.picker.pilot import run_pilot
from helpers.screen.live_picker import LivePicker, open_live_picker
from helpers.secret_service import SecretService, secret_service

pytestmark = pytest.mark.timeout(180)


class World(NamedTuple):
    """A running daemon whose providers are in all these states."""

    home: Home
    sim: Simulator
    keyring: SecretService | None = None
    server_at: Callable[[], object] | None = None


Remedy = Callable[[World, LivePicker], Awaitable[None]]


class Shown(NamedTuple):
    """A row of the table.

    Attributes:
        provider: In this state, or `provider/model`.
        state: The symbol and word of its line.
        pane: What the pane says: why, and what to do.
        remedy: Does what the pane says; None if nothing has to be done.
        after: The symbol and word of the line afterwards.
    """

    provider: str
    state: str
    pane: tuple[str, ...]
    remedy: Remedy | None = None
    after: str = ""


def key_of(provider: str) -> str:
    """Return the key of a provider that works."""
    return f"canary-{provider}-0123456789abcdef"


# ------------------------------------------------------------------ what users do


def press(*keys: str) -> Remedy:
    """Press keys in the picker."""

    async def do(_: World, picker: LivePicker) -> None:
        await picker.press(*keys)

    return do


async def sign_in(_: World, picker: LivePicker) -> None:
    """Sign in with the picker's own dialog."""
    await picker.sign_in(key_of(picker.app.state.provider))


def edit_config(old: str, new: str) -> Remedy:
    """Run `aircher-cli config edit`, as the pane says, with an editor that replaces a text."""

    async def do(world: World, picker: LivePicker) -> None:
        assert "aircher-cli config edit" in picker.pane
        editor = {"EDITOR": f"sed -i 's|{old}|{new}|'"}
        await asyncio.to_thread(world.home.cli, "config", "edit", environ=editor)

    return do


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


# ------------------------------------------------------------------ accounts and their keys

ACCOUNTS = (
    Shown("ready", "✓ ready", ("✓ ready: the key works", "key ✓ default …cdef")),
    Shown(
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
        "nokey",
        "○ not signed in",
        ("○ not signed in: no key is stored for it", "→ Ctrl-L signs in"),
        sign_in,
        "✓ ready",
    ),
    Shown(
        "revoked",
        "✗ refused",
        ("✗ refused: HTTP 401", "→ Ctrl-L signs in again", "refused the key (HTTP 401)"),
        sign_in,
        "✓ ready",
    ),
    Shown(
        "badenv",
        "✗ refused",
        ("HTTP 401", "→ set BAD_KEY in ~/.aircher/environment", "key ✗ env:BAD_KEY"),
        write_variable("BAD_KEY", "badenv"),
        "? not checked",
    ),
    Shown(
        "cmdfails",
        "⚠ unreadable",
        ("exit status 1", "→ run it in a shell to see why, then Ctrl-T"),
        write_key("cmdfails"),
        "✓ ready",
    ),
    Shown(
        "cmdempty",
        "⚠ unreadable",
        ("the output of cat is not a key", "→ run it in a shell to see why, then Ctrl-T"),
        write_key("cmdempty"),
        "✓ ready",
    ),
    Shown(
        "cmdbad",
        "✗ refused",
        ("✗ refused: HTTP 401", "→ renew it there, then Ctrl-T"),
        write_key("cmdbad"),
        "✓ ready",
    ),
    Shown(
        "away",
        "⚠ unreachable",
        ("Connection refused", "→ check the network and the proxy: aircher-cli doctor"),
        press("ctrl+x"),
        "? not checked",
    ),
    Shown(
        "cooling",
        "⚠ cooling",
        ("rate limit reached", "cooling down until", "ready in 9:", "→ Ctrl-X ends the"),
        press("ctrl+x"),
        "✓ ready",
    ),
    Shown(
        "modelcools/gpt-5.5",
        "⚠ cooling",
        ("rate limit reached", "cooling down until", "→ Ctrl-X ends the"),
        press("ctrl+x"),
        "✓ ready",
    ),
    Shown("modelcools/gpt-5.5-mini", "✓ ready", ("the key works",)),
    Shown(
        "busy/gpt-5.5",
        "⚠ cooling",
        ("is overloaded", "cooling down until", "→ Ctrl-X ends the cooldown now"),
        press("ctrl+x"),
        "✓ ready",
    ),
    Shown(
        "credit",
        "⚠ no credit",
        ("credit or quota is used up", "→ add credit at the provider, then Ctrl-X"),
        press("ctrl+x"),
        "✓ ready",
    ),
    Shown(
        "shadow",
        "✓ ready",
        ("key ✓ default …cdef", "hides environment variable SHADOW_KEY"),
        sign_out,
        "? not checked",
    ),
    Shown(
        "twokeys",
        "✓ ready",
        (
            "✓ ready: the key works",
            "key ✗ default …cdef",
            "HTTP 401 → Ctrl-L signs in again",
            "key ✓ second …6789",
        ),
    ),
    Shown("ollama", "⌂ local", ("⌂ local: it runs on this machine and needs no key",)),
)

WITH_KEY = ("ready", "revoked", "cooling", "modelcools", "busy", "credit", "shadow", "twokeys")
SECOND_KEY = "canary-second-0123456789"


def an_entry(name: str, url: str, *more: str) -> str:
    lines = [f"[providers.{name}]", 'kind = "openai"', f'base_url = "{url}"', *more, "", ""]
    return "\n".join(lines)


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
            f'[providers.ollama]\nbase_url = "{sim.url}"\n',
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


def check(world: World, row: Shown) -> None:
    """Compare the screen with a row of the table, do what it says, and see the state change."""

    async def body() -> None:
        async with open_live_picker(world.home) as picker:
            await picker.select(row.provider)
            await picker.wait_for_state(row.state)
            await picker.wait_for_pane(*row.pane)
            if row.remedy is not None:
                await row.remedy(world, picker)
                await picker.select(row.provider)
                await picker.wait_for_state(row.after)
            assert "canary" not in picker.app.export_screenshot()

    run_pilot(body())


@pytest.mark.parametrize("row", ACCOUNTS, ids=lambda row: row.provider)
def test_account(accounts: World, row: Shown) -> None:
    """The screen says what each state of an account is and why, and its advice helps."""
    check(accounts, row)


# ------------------------------------------------------------------ servers and the configuration

SERVERS = (
    Shown(
        "broken",
        "✗ invalid entry",
        ("providers.broken.base_url: must begin with", "aircher-cli config edit"),
        edit_config("ftp://example.com", "http://127.0.0.1:1/v1"),
        "○ not signed in",
    ),
    Shown(
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
        "moved",
        "✗ refused",
        ("this key was stored for http://localhost", "→ Ctrl-L signs in again"),
        sign_in,
        "✓ ready",
    ),
    Shown(
        "absent",
        "⌂ not running",
        ("the local server is not running", "→ start it, then Ctrl-R"),
        start_server,
        "⌂ local",
    ),
    Shown(
        "fromfile",
        "⚠ locked",
        ("environment", "chmod 600"),
        close_the_file,
        "? not checked",
    ),
)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def servers() -> Iterator[World]:
    """A daemon with a provider for each row of `SERVERS`."""
    with ExitStack() as stack:
        sim = stack.enter_context(simulator())
        home = stack.enter_context(open_home())
        sim.keys.accept("openai", *(key_of(row.provider) for row in SERVERS))
        moved = sim.url.replace("127.0.0.1", "localhost")
        port = free_port()
        text = "".join(
            (
                an_entry("broken", "ftp://example.com"),
                an_entry("limited", f"{sim.url}/v1"),
                an_entry("moved", f"{moved}/v1"),
                an_entry("absent", f"http://127.0.0.1:{port}/v1", 'auth = "none"'),
                an_entry("fromfile", f"{sim.url}/v1", 'env = "FILE_KEY"'),
                '[providers.ollama]\nbase_url = "http://127.0.0.1:1"\n\n',
                '[[limits]]\nprovider = "limited"\nrequests = 1\nper = "day"\n',
            )
        )
        home.write_config(text)
        file = home.root / ".aircher" / "environment"
        file.write_text(f"FILE_KEY={key_of('fromfile')}\n")
        file.chmod(0o644)
        home.start(log_level="info")
        with home.client() as client:
            for name in ("limited", "moved"):
                client.call("auth.login", {"provider": name, "key": key_of(name)})
        home.write_config(text.replace(moved, sim.url))
        home.cli("config", "reload")
        home.cli("ask", "-m", "limited/gpt-5.5", "hello")
        yield World(home, sim, server_at=lambda: stack.enter_context(simulator(port)))


@pytest.mark.parametrize("row", SERVERS, ids=lambda row: row.provider)
def test_server_or_entry(servers: World, row: Shown) -> None:
    """The screen says what is wrong with a server or the configuration, and its advice helps."""
    check(servers, row)


# ------------------------------------------------------------------ a real keyring

KEYRING = (
    Shown("kept", "✓ ready", ("key ✓ default …cdef", "from the keyring")),
    Shown(
        "gone",
        "○ not signed in",
        ("the keyring no longer has this key", "→ Ctrl-L signs in"),
        sign_in,
        "✓ ready",
    ),
    Shown(
        "locked",
        "⚠ locked",
        ("the keyring cannot be read: it is locked", "→ unlock or start the keyring"),
        unlock,
        "✓ ready",
    ),
    Shown(
        "absentring", "⚠ locked", ("the keyring cannot be read", "→ unlock or start the keyring")
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
@pytest.mark.parametrize("row", KEYRING, ids=lambda row: row.provider)
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


def test_configuration_that_is_invalid_as_a_whole() -> None:
    """Each provider says why it is not asked; correcting the file brings all of them back."""
    row = Shown(
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
