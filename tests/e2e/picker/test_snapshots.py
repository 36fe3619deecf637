"""Screens of the picker as text, each looked at before it was accepted.

They are drawn from one fixed view and clock. `helpers.screen.snapshots` says how to accept others.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from aircher_cli.picker.screen import explaining
from aircher_cli.picker.screen.app import PickerApp
from aircher_cli.picker.screen.dialogs.first_run import FirstRun
from aircher_cli.picker.screen.frame import draw
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.preferences import Preferences
from helpers.picker.actions import REFUSED, SIGNED_IN, FakeActions, FakeOutcome
from helpers.picker.pilot import ScreenHost, paste, run_pilot, shown, wait_for
from helpers.picker.views import NOW, a_key, a_model, a_view
from helpers.screen.sample_view import EXPLAINED, a_sample
from helpers.screen.snapshots import compare

FOLDER = Path(__file__).parent / "snapshots"

SMALL, MEDIUM, LARGE, TINY = (40, 15), (80, 24), (120, 35), (20, 5)

Prepare = Callable[[PickerState], object]


@pytest.fixture(autouse=True)
def greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are those of one time zone."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def a_state(view: DaemonView | None = None) -> PickerState:
    preferences = Preferences(favourites=("openai/gpt-5.5",), recent=("main",))
    state = PickerState(preferences, chooses_default=True, clock=lambda: NOW)
    state.explained = dict(EXPLAINED)
    state.set_view(a_sample() if view is None else view)
    return state


def check(name: str, size: tuple[int, int], screen: str) -> None:
    compare(FOLDER / f"{name}-{size[0]}x{size[1]}.txt", screen)


# ------------------------------------------------------------------ the list


def nothing(_: PickerState) -> None:
    """Leave the list as it opens."""


def typed(text: str) -> Prepare:
    return lambda state: state.type_text(text)


def selected(name: str) -> Prepare:
    return lambda state: state.select_name(name)


def whole(provider: str) -> Prepare:
    """Select the line that stands for a provider."""

    def select(state: PickerState) -> None:
        items = enumerate(state.items)
        state.select(next(i for i, item in items if item.is_whole and item.provider == provider))

    return select


def opened(provider: str) -> Prepare:
    """Open a folded provider."""

    def open_it(state: PickerState) -> None:
        at = next(i for i, item in enumerate(state.items) if item.provider == provider)
        state.select(at)
        assert state.item is not None
        state.open_group(state.item)

    return open_it


def overlay(name: str, row: str = "anthropic/claude-sonnet-5") -> Prepare:
    """Show the help or the details."""

    def show(state: PickerState) -> None:
        state.select_name(row)
        state.overlay = name  # type: ignore[assignment]

    return show


def seen(**more: object) -> Prepare:
    """Let the daemon say something else."""
    return lambda state: state.set_view(replace(state.view, **more))  # type: ignore[arg-type]


def said(message: str, style: str) -> Prepare:
    def say(state: PickerState) -> None:
        state.message = (message, style)

    return say


BAD_CONFIG = {
    "ok": False,
    "problem": {"message": "~/.aircher/config.toml, line 3: models.quick: unknown key 'route'"},
    "in_use": "the last good one",
}
LISTS: tuple[tuple[str, Prepare, tuple[tuple[int, int], ...]], ...] = (
    ("list", nothing, (LARGE, MEDIUM, SMALL, TINY)),
    ("filter", typed("gpt"), (LARGE, MEDIUM, SMALL, TINY)),
    ("filter-without-matches", typed("zzzz"), (MEDIUM, SMALL)),
    ("folded", whole("openrouter"), (LARGE,)),
    ("unfolded", opened("openrouter"), (LARGE, MEDIUM)),
    ("all-models", lambda state: state.toggle_all(), (MEDIUM,)),
    ("by-price", lambda state: state.next_sort(), (MEDIUM,)),
    ("alias", selected("main"), (LARGE,)),
    ("cooling", selected("openai/gpt-5-nano"), (LARGE, MEDIUM)),
    ("refused", selected("gemini/gemini-3.8-flash"), (LARGE, MEDIUM)),
    ("locked", whole("work"), (LARGE,)),
    ("help", overlay("help"), (LARGE, MEDIUM, SMALL)),
    ("details", overlay("details"), (SMALL, TINY)),
    ("reconnecting", seen(link="reconnecting", link_problem="the daemon ended"), (LARGE, MEDIUM)),
    ("stopped", seen(link="stopped", link_problem="the daemon was stopped"), (MEDIUM, SMALL)),
    ("invalid-config", seen(config=BAD_CONFIG), (MEDIUM,)),
    ("outcome", said("work refused the key (HTTP 401); nothing was stored", "bad"), (MEDIUM,)),
)
CASES = [(name, do, size) for name, do, sizes in LISTS for size in sizes]


@pytest.mark.parametrize(
    ("name", "prepare", "size"), CASES, ids=[f"{name}-{x}x{y}" for name, _, (x, y) in CASES]
)
def test_list(name: str, prepare: Prepare, size: tuple[int, int]) -> None:
    """The list, the pane and the keys at the foot."""
    state = a_state()
    draw(state, *size)
    prepare(state)
    lines = draw(state, *size).lines
    check(name, size, "\n".join("".join(piece for piece, _ in line) for line in lines))


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("loading", DaemonView()),
        ("no-daemon", DaemonView(link="stopped", link_problem="aircherd is not running")),
        ("no-models", a_view(())),
    ],
)
def test_nothing_to_list(name: str, view: DaemonView) -> None:
    """The screen before there is a list."""
    lines = draw(a_state(view), *MEDIUM).lines
    check(name, MEDIUM, "\n".join("".join(piece for piece, _ in line) for line in lines))


# ------------------------------------------------------------------ dialogs

Do = Callable[["Pilot[object]"], Awaitable[object]]


def text_of(app: App[object]) -> str:
    """Return what Textual draws."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def check_picker(
    name: str, size: tuple[int, int], do: Do, *outcomes: FakeOutcome, row: str = ""
) -> None:
    """Compare the picker with a dialog over its list, before any row is explained again."""

    async def body() -> None:
        state = a_state()
        state.select_name(row or "anthropic/claude-sonnet-5")
        app = PickerApp(state, FakeActions(*outcomes), {}, lambda _: None)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await do(pilot)
            await pilot.pause()
            check(name, size, text_of(app))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explaining, "EXPLAIN_AFTER_SECONDS", 3600.0)
        run_pilot(body())


async def ask_for_key(pilot: "Pilot[object]") -> None:
    await pilot.press("ctrl+l")


def send_key(until: str) -> Do:
    """Paste a key, send it, and wait for the result."""

    async def do(pilot: "Pilot[object]") -> None:
        await pilot.press("ctrl+l")
        await paste(pilot, "canary-0123456789abcdef")
        await pilot.press("enter")
        await wait_for(pilot, lambda: until in shown(pilot.app.screen), "the key is checked")

    return do


async def ask_to_sign_out(pilot: "Pilot[object]") -> None:
    await pilot.press("ctrl+d")


@pytest.mark.parametrize("size", [MEDIUM, SMALL])
def test_sign_in_dialog(size: tuple[int, int]) -> None:
    """Where a key is asked for."""
    check_picker("sign-in", size, ask_for_key, row="gemini")


def test_sign_in_that_worked() -> None:
    """The key is shown by its last characters only."""
    check_picker("signed-in", MEDIUM, send_key("✓"), SIGNED_IN)


def test_sign_in_that_was_refused() -> None:
    """The reason is in the dialog."""
    check_picker("sign-in-refused", MEDIUM, send_key("✗"), REFUSED)


def test_sign_out_dialog() -> None:
    """The choice that changes nothing comes first."""
    check_picker("sign-out", MEDIUM, ask_to_sign_out)


NO_SIGN_IN = a_view(
    [a_model("anthropic/claude-sonnet-5", state="not_configured")],
    [
        a_key("anthropic", "not_configured", keys_page="https://console.anthropic.com/keys"),
        a_key("openai", "not_configured", keys_page="https://platform.openai.com/api-keys"),
        a_key("ollama", "not_required"),
    ],
    lists=({"provider": "ollama", "is_absent": True},),
    providers=({"provider": "ollama", "base_url": "http://127.0.0.1:11434"},),
)


@pytest.mark.parametrize("size", [LARGE, MEDIUM, SMALL, TINY])
def test_first_run(size: tuple[int, int]) -> None:
    """What a new user sees, with a key in the shell."""

    async def body() -> None:
        variables = {"OPENAI_API_KEY": "canary-0123456789abcdef", "HOME": "/nonexistent"}
        view = replace(NO_SIGN_IN, environment=("OPENAI_API_KEY",))
        app = ScreenHost(FirstRun(view, FakeActions(), variables))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            check("first-run", size, text_of(app))

    run_pilot(body())


# ------------------------------------------------------------------ the files


def test_each_file_belongs_to_a_test() -> None:
    """A snapshot of a screen that is gone does not stay behind."""
    source = Path(__file__).read_text(encoding="utf-8")
    names = {file.stem.rpartition("-")[0] for file in FOLDER.glob("*.txt")}
    assert names
    assert [name for name in names if f'"{name}"' not in source] == []
