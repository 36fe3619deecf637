"""The memory of a picker that is left open for an hour of events."""

import gc
import tracemalloc
from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from aircher_cli.picker.live.updates import apply_event
from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.app import PickerApp
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.values import Map
from helpers.picker.actions import FakeActions, FakeOutcome
from helpers.picker.pilot import run_pilot, wait_for
from helpers.picker.views import NOW, a_key, a_model, a_view

EVENTS = 36_000
"""Ten a second."""
EVENTS_PER_VIEW = 1_200
"""The screen is drawn 30 times, not for each event: drawing takes nearly all of the test's time."""
EVENTS_PER_SAMPLE = 2_400
"""Of the memory, after some keys."""
MODELS = 2_000
PROVIDERS = 20
ALLOWED_BYTES = 64 * 1024
"""What may be added in the second half hour: less than 4 bytes for each event are kept. Measured
were 10 kB, of 2.9 MB in use."""
ALLOWED_OBJECTS = 250


class QuietActions(FakeActions):
    """Keeps no list of calls, which would grow."""

    def explain(self, name: str) -> FakeOutcome:
        return FakeOutcome(True, data={"model": name, "candidates": [{"provider": "p1"}]})


def events() -> Iterator[Map]:
    """Yield an hour of attempts, cooldowns, refused keys, limits and reloads."""
    for number in range(EVENTS):
        at = NOW + number / 10
        provider, model = f"p{number % PROVIDERS}", f"model-{number % 300}"
        common: Map = {"seq": number, "at": at, "provider": provider}
        kind = number % 10
        if kind < 6:
            outcome = "ok" if kind < 4 else "rate_limited"
            # Providers that come and go are more than the view keeps errors of.
            name = provider if number % 7 else f"gone-{number}"
            row: Map = {"outcome": outcome, "model": model, "message": f"request {number} failed"}
            yield {**common, "topic": "attempt", **row, "provider": name}
        elif kind < 8:
            scope: Map = {"key": "default", "model": model} if number % 3 else {}
            health = "cooling" if kind == 6 else "ok"
            yield {**common, "topic": "provider", "health": health, "until": at + 30, **scope}
        elif kind == 8:
            state = "rejected" if number % 4 else "authenticated"
            yield {**common, "topic": "auth", "key": "default", "state": state}
        else:
            limit: Map = {"limit": f"1,000 requests a day of {provider}", "share": 0.5}
            yield {**common, "topic": "usage", "used": number, **limit}


async def show(app: PickerApp, pilot: "Pilot[Choice]", view: DaemonView) -> None:
    """Hand a view to the picker, and wait until it is on the screen."""
    app.receive(view)
    await wait_for(pilot, lambda: app.state.view is view, "the view is shown")


@pytest.mark.timeout(300)  # 20 s alone, and it is the memory that counts
def test_an_hour_of_events_does_not_fill_the_memory() -> None:
    """Between the half and the end of an hour, memory and objects stay as they were."""
    names = [f"p{number}" for number in range(PROVIDERS)]
    models = [a_model(f"p{n % PROVIDERS}/model-{n}", window=8192) for n in range(MODELS)]
    view = a_view(models, [a_key(name) for name in names], default="p0/model-0")
    state = PickerState(Preferences(), chooses_default=True, clock=lambda: NOW)
    app = PickerApp(state, QuietActions(), {}, lambda _: None)  # type: ignore[arg-type]
    used: list[tuple[int, int]] = []

    async def body() -> None:
        nonlocal view
        async with app.run_test(size=(120, 35)) as pilot:
            for number, event in enumerate(events()):
                view = apply_event(view, event)
                if number % EVENTS_PER_VIEW:
                    continue
                await show(app, pilot, view)
                if number % EVENTS_PER_SAMPLE == 0:
                    await pilot.press("down", "m", "backspace")
                    gc.collect()
                    used.append((tracemalloc.get_traced_memory()[0], len(gc.get_objects())))

    tracemalloc.start()
    try:
        run_pilot(body())
    finally:
        tracemalloc.stop()
    half = len(used) // 2
    memory, objects = (
        max(each[at] for each in used[half:]) - max(each[at] for each in used[: half + 1])
        for at in (0, 1)
    )
    assert memory < ALLOWED_BYTES
    assert objects < ALLOWED_OBJECTS
