"""A picker without a terminal and without a daemon, and what a test needs to use it."""

from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.app import PickerApp
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.preferences import Preferences
from helpers.picker.actions import FakeActions, FakeOutcome
from helpers.picker.pilot import run_pilot, wait_for
from helpers.picker.views import NOW, a_key, a_model, a_view

MODELS = [
    a_model("work/alpha", is_default=True),
    a_model("work/beta"),
    a_model("cool/gamma"),
    a_model("spare/delta", state="not_configured"),
]
KEYS = [
    a_key("work", masked="…cdef"),
    a_key("cool", health="cooling", until=NOW + 90),
    a_key("spare", "not_configured"),
]
NO_KEY = [a_key("work", "not_configured")]
VIEW = a_view(MODELS, KEYS, default="work/alpha")

Body = Callable[[PickerApp, "Pilot[Choice]"], Awaitable[None]]


class NotedActions(FakeActions):
    """Notes the refreshes too."""

    def refresh(self, provider: str | None = None) -> FakeOutcome:
        return self._next("refresh", provider)

    def sign_out(self, provider: str, label: str | None = None) -> FakeOutcome:
        return self._next("sign_out", provider, label)


class Picker:
    """A picker to test: the app, its actions, and the preferences that it saved."""

    def __init__(
        self,
        *outcomes: FakeOutcome,
        view: DaemonView | None = VIEW,
        chooses_default: bool = True,
        size: tuple[int, int] = (120, 35),
    ) -> None:
        self.actions = NotedActions(*outcomes)
        self.saved: list[Preferences] = []
        self.size = size
        state = PickerState(Preferences(), chooses_default=chooses_default, clock=lambda: NOW)
        self.app = PickerApp(state, self.actions, {}, lambda after, _: self.saved.append(after))  # type: ignore[arg-type]
        if view is not None:
            self.app.receive(view)

    def run(self, body: Body) -> "Picker":
        async def run() -> None:
            async with self.app.run_test(size=self.size) as pilot:
                await pilot.pause()
                await body(self.app, pilot)

        run_pilot(run())
        return self

    def calls(self) -> list[tuple[object, ...]]:
        return [call for call in self.actions.calls if call[0] != "explain"]


def text(app: PickerApp) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in app.canvas.frame.lines)


async def until(pilot: "Pilot[Choice]", word: str) -> None:
    await wait_for(pilot, lambda: word in text(pilot.app), f"{word} is shown")  # type: ignore[arg-type]


def press(*keys: str) -> Body:
    async def body(app: PickerApp, pilot: "Pilot[Choice]") -> None:
        await pilot.press(*keys)
        await pilot.pause()

    return body
