"""What the keys change, and what stays when the daemon's view changes."""

from dataclasses import replace

import pytest

from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.preferences import Preferences
from helpers.picker.views import NOW, a_key, a_model, a_view

SIGNED_OUT = [a_key("a"), a_key("work", "not_configured"), a_key("z")]
MODELS = ("work/alpha", "work/beta", "work/gamma", "spare/delta")


def a_state(view: DaemonView | None = None, **preferences: object) -> PickerState:
    state = PickerState(
        Preferences(**preferences),  # type: ignore[arg-type]
        chooses_default=True,
        clock=lambda: NOW,
    )
    state.set_view(a_view(MODELS) if view is None else view)
    return state


def selected(state: PickerState) -> str:
    return state.row.name if state.row else ""


def names(state: PickerState) -> list[str]:
    return [item.row.name for item in state.items if item.row]


def test_before_the_first_view_nothing_is_selected() -> None:
    """The picker starts empty, and keys do no harm."""
    state = PickerState(Preferences(), chooses_default=True)
    for key in ("up", "down", "page_up", "page_down", "first", "last", "delete_left", "next_sort"):
        getattr(state, key)()
    assert (state.item, state.provider) == (None, "")


def test_default_model_is_selected_first() -> None:
    """The picker starts at the default model."""
    models = [a_model("work/alpha"), a_model("work/beta", is_default=True)]
    assert selected(a_state(a_view(models, default="work/beta"))) == "work/beta"


def test_default_without_a_key_is_left_when_the_status_arrives() -> None:
    """The list of models has a default that no key can ask; the status has only usable ones."""
    models = [a_model("closed/m", is_default=True), a_model("work/alpha")]
    keys = [a_key("closed", "not_configured"), a_key("work")]
    state = a_state(a_view(models, keys, default="closed/m"))
    assert selected(state) == "closed/m"
    status = ({"provider": "work", "state": "authenticated"},)
    state.set_view(a_view(["closed/m", "work/alpha"], keys, providers=status))
    assert selected(state) == "work/alpha"


def test_default_that_arrives_later_is_not_jumped_to_after_a_move() -> None:
    """Once the user has moved, a change of the default does not move the selection."""
    state = a_state()
    state.down()
    models = [a_model(name, is_default=name == "spare/delta") for name in MODELS]
    state.set_view(a_view(models, default="spare/delta"))
    assert selected(state) == "work/beta"


def test_typing_filters_and_selects_the_best_match() -> None:
    """Each character filters at once; the first match is selected."""
    state = a_state()
    for character in "gam":
        state.type_text(character)
    assert names(state) == ["work/gamma"]
    assert selected(state) == "work/gamma"


def test_clearing_the_filter_keeps_the_selection() -> None:
    """The model found with a filter stays selected when the filter is cleared."""
    state = a_state()
    state.type_text("gam")
    state.clear_query()
    assert selected(state) == "work/gamma"
    assert (state.query, state.cursor) == ("", 0)


@pytest.mark.parametrize(
    ("edits", "query", "cursor"),
    [
        ([], "son net-5", 9),
        (["delete_left"], "son net-", 8),
        (["delete_word"], "son net-", 8),
        (["delete_word", "delete_word"], "son ", 4),
        (["cursor_left", "delete_left"], "son net5", 7),
        (["cursor_left", "delete_right", "delete_right"], "son net-", 8),
        (["clear_query", "delete_left", "delete_word", "delete_right"], "", 0),
        (["cursor_right"], "son net-5", 9),
        (["cursor_left"] * 20, "son net-5", 0),
    ],
)
def test_edits_of_the_filter(edits: list[str], query: str, cursor: int) -> None:
    """The filter is edited as a line of the shell is."""
    state = a_state()
    state.type_text("son net-5")
    for edit in edits:
        getattr(state, edit)()
    assert (query, cursor) == (state.query, state.cursor)


def test_pasted_text_loses_its_controls_and_its_excess() -> None:
    """Controls in a paste become spaces, and a huge one is cut."""
    state = a_state()
    state.type_text("a\x1b[31m\tb\r\n" + "x" * 1000)
    assert state.query.isprintable()
    assert len(state.query) == 200


def test_moves_stop_at_the_ends() -> None:
    """The selection does not wrap around, and is always on a row."""
    state = a_state()
    order = []
    for move in ("up", "down", "last", "down", "first", "page_down", "page_up"):
        getattr(state, move)()
        order.append(selected(state))
    first, last = names(state)[0], names(state)[-1]
    assert [first, names(state)[1], last, last, first, last, first] == order


def test_selection_follows_its_model_when_the_list_changes() -> None:
    """A model that moves to another place or group stays selected."""
    state = a_state()
    state.last()
    name = selected(state)
    state.preferences = state.preferences.toggle_favourite(name)
    state.set_view(a_view(("more/one", "more/two", *MODELS)))
    assert name == selected(state)
    assert state.item.group.key == "favourites" if state.item else ""


def test_vanished_model_selects_the_nearest_and_says_so() -> None:
    """If the selected model is gone, the next one is selected, with a message."""
    state = a_state()
    state.select_name("work/beta")
    state.set_view(a_view([name for name in MODELS if name != "work/beta"]))
    assert selected(state) == "work/gamma"
    text, style = state.message
    assert text == "work/beta is no longer in the list; work/gamma is selected instead"
    assert style == "warn"


def test_all_models_vanish() -> None:
    """An empty list has no selection, and says which model is gone."""
    state = a_state()
    state.set_view(a_view(()))
    assert state.selected == -1
    assert "no longer in the list" in state.message[0]


def test_vanished_line_of_a_group_is_not_reported() -> None:
    """That a folded group disappears is no news about a model."""
    keys = [a_key("work"), a_key("spare", "not_configured")]
    state = a_state(a_view(["work/alpha", a_model("spare/x", state="not_configured")], keys))
    state.last()
    assert state.item is not None
    assert state.item.is_whole
    state.set_view(a_view(["work/alpha"]))
    assert state.message[0] == ""
    assert selected(state) == "work/alpha"


def test_selection_stays_with_a_provider_that_is_signed_in_to_or_out_of() -> None:
    """Its line gives way to its models, and comes back; another provider is never selected."""
    absent = a_view(["a/one", a_model("work/x", state="not_configured"), "z/last"], SIGNED_OUT)
    present = a_view(["a/one", "work/x", "z/last"])
    state = a_state(absent)
    state.select(next(at for at, item in enumerate(state.items) if item.provider == "work"))
    state.set_view(present)
    assert selected(state) == "work/x"
    state.set_view(absent)
    assert state.item is not None
    assert (state.item.is_whole, state.provider, state.message[0]) == (True, "work", "")


def test_a_sign_in_under_a_filter_selects_a_model_of_the_provider() -> None:
    """The filter found its line; the alias beside it has another provider."""
    more = {"aliases": ({"name": "works", "routes": ["a/one", "work/alpha"]},)}
    state = a_state(a_view(["a/one"], SIGNED_OUT, **more))
    for letter in "work":
        state.type_text(letter)
    assert (state.row, state.provider) == (None, "work")
    keys = [a_key("a"), a_key("work"), a_key("z")]
    state.set_view(a_view(["a/one", "work/alpha"], keys, **more))
    assert selected(state) == "work/alpha"


@pytest.mark.parametrize(
    ("in_use", "expected"), [("work/beta", "work/beta"), ("gone", "work/alpha")]
)
def test_the_model_of_a_conversation_is_selected_first(in_use: str, expected: str) -> None:
    """It is where the user is; if it is not in the list, the default is selected."""
    state = PickerState(Preferences(), chooses_default=False, in_use=in_use, clock=lambda: NOW)
    state.set_view(a_view(MODELS, default="work/alpha"))
    assert selected(state) == expected


def test_folded_group_opens_and_closes() -> None:
    """Enter on a folded group shows its models, and on its last line hides them again."""
    keys = [a_key("work"), a_key("spare", "not_configured")]
    models = [a_model(f"spare/{name}", state="not_configured") for name in "xy"]
    state = a_state(a_view(["work/alpha", *models], keys))
    state.last()
    assert state.item is not None
    assert state.provider == "spare"
    state.open_group(state.item)
    assert {"work/alpha", "spare/x", "spare/y"} == set(names(state))
    assert selected(state).startswith("spare/")
    state.last()
    assert state.item is not None
    state.open_group(state.item)
    assert names(state) == ["work/alpha"]
    assert state.item is not None
    assert state.item.is_whole


def test_toggle_all_shows_everything_and_folds_it_again() -> None:
    """One key shows all models, and the same key folds them."""
    keys = [a_key("work"), a_key("spare", "not_configured")]
    state = a_state(a_view(["work/alpha", a_model("spare/x", state="not_configured")], keys))
    state.toggle_all()
    assert "spare/x" in names(state)
    state.toggle_all()
    assert "spare/x" not in names(state)


def test_sort_goes_through_all_orders() -> None:
    """The key for the order goes through all and says which is in use."""
    state = a_state()
    orders = []
    for _ in range(4):
        state.next_sort()
        orders.append(state.sort)
    assert orders == ["price", "window", "speed", "best"]
    assert state.message[0] == "sorted by what can answer best"


@pytest.mark.parametrize("saved", ["price", "nonsense", ""])
def test_saved_order_is_used(saved: str) -> None:
    """The order of the last time is used again; an unknown one is not."""
    assert ("price" if saved == "price" else "best") == a_state(sort=saved).sort


def test_scrolling_keeps_the_selection_in_sight() -> None:
    """The wheel moves the list; the selection goes along at the edge."""
    state = a_state(a_view([f"work/model-{n}" for n in range(50)]))
    state.show_selected(10)
    state.scroll(20)
    state.show_selected(10)
    assert state.top == 20
    assert 20 <= state.selected < 30
    state.scroll(-100)
    assert state.top == 0


@pytest.mark.parametrize("height", [0, 1, 2, 3, 10, 100])
def test_selected_line_is_visible_in_any_height(height: int) -> None:
    """However small the list, the selected line is in it."""
    state = a_state(a_view([f"work/model-{n}" for n in range(50)]))
    for move in ("last", "page_up", "first", "page_down"):
        getattr(state, move)()
        state.show_selected(height)
        assert 0 <= state.top <= state.selected
        assert state.selected < state.top + max(height, 1)


def test_heading_of_the_first_row_is_visible() -> None:
    """At the first row of a group its heading is visible too."""
    state = a_state(a_view([f"work/model-{n}" for n in range(50)]))
    state.last()
    state.show_selected(10)
    state.first()
    state.show_selected(10)
    assert state.top == 0


def test_message_remains_until_the_next_event() -> None:
    """A new view without a loss keeps the message."""
    state = a_state()
    state.message = ("done", "good")
    state.set_view(replace(state.view, link="reconnecting"))
    assert state.message == ("done", "good")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("spare/delta", "spare/delta"), ("spare", "spare/delta"), ("nothing", "work/alpha")],
)
def test_select_name_takes_a_model_or_a_provider(name: str, expected: str) -> None:
    """The first run hands over a model or a provider, which may be gone."""
    state = a_state()
    state.select_name("work/alpha")
    state.select_name(name)
    assert expected == selected(state)


def test_select_name_of_a_provider_prefers_the_default_model() -> None:
    """After the first sign-in the default model is selected, not the first of the provider."""
    models = [a_model(name, is_default=name == "work/beta") for name in MODELS]
    state = a_state(a_view(models, default="work/beta"))
    state.select_name("spare")
    state.select_name("work")
    assert selected(state) == "work/beta"


@pytest.mark.parametrize(("health", "expected"), [("cooling", True), ("ok", False)])
def test_countdown_only_where_something_counts(health: str, expected: bool) -> None:
    """The list is made again every second only while a cooldown runs."""
    view = a_view(["work/alpha"], [a_key("work", health=health, until=NOW + 60)])
    assert expected == a_state(view).has_countdown()
