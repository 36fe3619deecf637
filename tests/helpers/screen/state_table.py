"""A table of states: what the picker says of each, and what becomes of it when it is done.

A test makes a real daemon whose providers are in these states, and calls `check` for each row.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aircher_cli.picker.view.here import Here
from aircher_cli.picker.view.states.table import StateText
from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home
from helpers.picker.pilot import run_pilot
from helpers.screen.live_picker import LivePicker, open_live_picker
from helpers.secret_service import SecretService


class World(NamedTuple):
    """A running daemon whose providers are in all these states."""

    home: Home
    sim: Simulator | None = None
    keyring: SecretService | None = None
    server_at: Callable[[], object] | None = None
    upstream: Home | None = None
    here: Here | None = None


Remedy = Callable[[World, LivePicker], Awaitable[None]]


class Shown(NamedTuple):
    """A row of the table.

    Attributes:
        covers: The words of the daemon for its state, or the text about a limit: `check` compares.
        provider: In this state, or `provider/model`, or an alias.
        state: The symbol and word of its line.
        pane: What the pane says: why, and what to do.
        remedy: Does what the pane says; None if nothing has to be done.
        after: The symbol and word of the line afterwards.
    """

    covers: str | StateText
    provider: str
    state: str
    pane: tuple[str, ...]
    remedy: Remedy | None = None
    after: str = ""

    def __str__(self) -> str:
        return self.provider


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


# ------------------------------------------------------------------ the check


def an_entry(name: str, url: str, *more: str) -> str:
    """Return the entry of a provider."""
    lines = [f"[providers.{name}]", 'kind = "openai"', f'base_url = "{url}"', *more, "", ""]
    return "\n".join(lines)


def check(world: World, row: Shown) -> None:
    """Compare the screen with a row of the table, do what it says, and see the state change."""

    async def body() -> None:
        async with open_live_picker(world.home, here=world.here) as picker:
            await picker.select(row.provider)
            await picker.wait_for_state(row.state)
            await picker.wait_for_pane(*row.pane)
            await asyncio.to_thread(check_word, world.home, row, picker.pane)
            if row.remedy is not None:
                await row.remedy(world, picker)
                await picker.select(row.provider)
                await picker.wait_for_state(row.after)
            assert "canary" not in picker.app.export_screenshot()

    run_pilot(body())


def check_word(home: Home, row: Shown, pane: str) -> None:
    """Compare the word that a row covers with what the daemon reports, or with the pane."""
    if isinstance(row.covers, StateText):
        parts = re.split("{.*?}", row.covers.why)  # what is filled in is up to the row
        assert all(part.strip() in pane for part in parts)
    elif row.covers:
        name = row.provider.partition("/")[0]
        with home.client() as client:
            rows = client.call("auth.status")["rows"]
        found = [each for each in rows if each["provider"] == name]
        assert row.covers in {each[word] for each in found for word in ("state", "health")}
