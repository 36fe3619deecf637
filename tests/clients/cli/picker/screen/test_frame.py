"""The screen as lines."""

import pytest
from rich.cells import cell_len

from aircher_cli.picker.screen.frame import Frame, draw
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.here import Here
from aircher_cli.picker.view.preferences import Preferences
from helpers.picker.views import NOW, a_key, a_model, a_view

SIZES = [(120, 35), (80, 24), (40, 15), (20, 5), (10, 3), (3, 2), (1, 1), (200, 60), (99, 19)]
MODELS = [
    a_model(
        "work/claude-sonnet-5",
        is_default=True,
        window=200_000,
        prices={"input": "3", "output": "15"},
    ),
    *(a_model(f"work/model-{n}", window=8192) for n in range(40)),
    a_model("spare/模型-七", state="not_configured"),
]
KEYS = [a_key("work", masked="…cdef"), a_key("spare", "not_configured")]


def a_state(view: DaemonView | None = None, title: str = "") -> PickerState:
    state = PickerState(Preferences(), chooses_default=True, title=title, clock=lambda: NOW)
    state.set_view(a_view(MODELS, KEYS, default="work/claude-sonnet-5") if view is None else view)
    return state


def text(frame: Frame) -> str:
    return "\n".join("".join(piece for piece, _ in line).rstrip() for line in frame.lines)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("overlay", ["", "help", "details"])
@pytest.mark.parametrize("query", ["", "model", "x" * 150, "no such model"])
def test_screen_has_its_size(width: int, height: int, overlay: str, query: str) -> None:
    """At every size there is one line for each row, and no text is wider than the screen."""
    state = a_state()
    state.type_text(query)
    state.overlay = overlay  # type: ignore[assignment]
    frame = draw(state, width, height)
    assert height == len(frame.lines)
    if not overlay:
        widths = [sum(cell_len(piece) for piece, _ in line) for line in frame.lines]
        assert max(widths) <= max(width, 12)
    assert 0 <= frame.cursor[0] < width
    assert all(zone.y < height for zone in frame.zones)


def test_size_zero_draws_nothing() -> None:
    """A terminal of no size is no error."""
    assert Frame((), (), (0, 0)) == draw(a_state(), 0, 10) == draw(a_state(), 10, 0)


def test_wide_screen_has_list_pane_and_keys() -> None:
    """A wide screen shows the filter, the list, the details beside it, and the keys."""
    found = text(draw(a_state(), 120, 35))
    assert "> type to filter" in found
    assert "> ✓ ● claude-sonnet-5" in found
    assert "│ work/claude-sonnet-5" in found
    assert "Enter choose  Esc leave  ^L sign in" in found


def test_pane_is_below_in_a_narrow_screen() -> None:
    """At 80x24 the details are below the list."""
    lines = text(draw(a_state(), 80, 24)).splitlines()
    rule = lines.index("─" * 80)
    assert lines[rule + 1] == " work/claude-sonnet-5"


def test_small_screen_has_no_pane() -> None:
    """At 40x15 the list has the whole screen, and Tab shows the details."""
    state = a_state()
    found = text(draw(state, 40, 15))
    assert "─" not in found
    assert "> ✓ ● claude-sonnet-5  200k  $3/$15" in found
    state.overlay = "details"
    assert "work/claude-sonnet-5" in text(draw(state, 40, 15))


def test_longer_list_has_a_scroll_bar_that_moves() -> None:
    """A thick line shows which part of the list is visible."""
    state = a_state()
    top = [line.endswith("┃") for line in text(draw(state, 80, 24)).splitlines()]
    state.last()
    bottom = [line.endswith("┃") for line in text(draw(state, 80, 24)).splitlines()]
    assert top.index(True) < bottom.index(True)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (DaemonView(), "loading the models"),
        (
            DaemonView(link_problem="no socket"),
            "no connection to the daemon yet: no socket",
        ),
        (a_view(()), "There are no models yet"),
    ],
    ids=["loading", "no daemon", "empty"],
)
def test_empty_list_says_why(view: DaemonView, expected: str) -> None:
    """An empty list explains itself."""
    assert expected in " ".join(text(draw(a_state(view), 80, 24)).split())


def test_filter_without_matches_says_what_to_do() -> None:
    """If nothing matches, the keys that help are named."""
    state = a_state()
    state.type_text("zzzz")
    found = " ".join(text(draw(state, 80, 24)).split())
    assert 'No model matches "zzzz". Esc clears the filter.' in found


@pytest.mark.parametrize(
    ("link", "problem", "expected"),
    [
        ("reconnecting", "it is stopping.", "reconnecting: it is stopping; the list may be out"),
        ("reconnecting", "", "reconnecting: the connection was lost; the list may be out"),
        ("stopped", "the daemon was stopped", "the daemon was stopped; ^R starts the daemon"),
    ],
)
def test_lost_connection_is_said_on_the_screen(link: str, problem: str, expected: str) -> None:
    """While the daemon is gone, the list stays, and a line says that it may be out of date."""
    view = a_view(MODELS, KEYS, link=link, link_problem=problem)
    state = a_state(view)
    found = text(draw(state, 80, 24))
    assert expected in found
    assert "claude-sonnet-5" in found


def test_notices_of_the_daemon_are_shown_until_a_key_does_something() -> None:
    """What the daemon's user should know is above the keys, and leaves room for outcomes."""
    state = a_state(a_view(MODELS, KEYS, notices=("the configuration is invalid", "another")))
    found = text(draw(state, 80, 24))
    assert "the configuration is invalid (1 more: aircher-cli status)" in found
    state.message = ("done", "good")
    assert "the configuration is invalid" not in text(draw(state, 80, 24))


def test_problem_of_the_configuration_is_shown_until_it_is_corrected() -> None:
    """The line above the keys follows the file, in both directions."""
    bad = {"ok": False, "problem": {"message": "line 3: nonsense"}, "in_use": "the last good one"}
    state = a_state(a_view(MODELS, KEYS, config=bad))
    found = text(draw(state, 120, 35))
    assert "the configuration is invalid: line 3: nonsense; the last valid one stays" in found
    state.set_view(a_view(MODELS, KEYS, config={"ok": True}))
    assert "the configuration is invalid" not in text(draw(state, 120, 35))


def test_long_message_wraps_and_is_cut() -> None:
    """A long outcome has up to three lines above the keys."""
    state = a_state()
    state.message = ("word " * 100, "bad")
    lines = text(draw(state, 80, 24)).splitlines()
    assert sum("word" in line for line in lines) == 3
    assert any(line.endswith("…") for line in lines)


def test_clicks_find_rows_and_keys() -> None:
    """Rows and keys of the foot can be clicked where they are drawn."""
    frame = draw(a_state(), 120, 35)
    lines = text(frame).splitlines()
    row = next(y for y, line in enumerate(lines) if "model-33 " in line)
    zone = frame.zone_at(10, row)
    assert zone is not None
    assert zone.action == "item"
    foot = next(y for y, line in enumerate(lines) if "^T test" in line)
    for x in (lines[foot].index("^T test"), lines[foot].index("^T test") + 6):
        found = frame.zone_at(x, foot)
        assert found is not None
        assert found.action == "test"
    assert frame.zone_at(lines[foot].index("^T") - 1, foot) is None


def test_zone_of_a_row_selects_that_row() -> None:
    """The index in a zone is that of the line of the list, also in a scrolled list."""
    state = a_state()
    state.last()
    frame = draw(state, 80, 24)
    lines = text(frame).splitlines()
    for zone in frame.zones:
        row = state.items[zone.index].row if zone.action == "item" else None
        if row:
            assert row.model in lines[zone.y]


def test_cursor_is_where_typing_goes() -> None:
    """The cursor is behind what was typed, wide characters included."""
    state = a_state()
    state.type_text("模a")
    assert draw(state, 80, 24).cursor == (5, 0)
    state.cursor_left()
    assert draw(state, 80, 24).cursor == (4, 0)


def test_counter_names_the_order() -> None:
    """The top line says how many rows there are, and the order unless it is the usual one."""
    state = a_state()
    assert text(draw(state, 80, 24)).splitlines()[0].endswith("41 of 42")
    state.next_sort()
    assert text(draw(state, 80, 24)).splitlines()[0].endswith("by price · 41 of 42")


def test_title_is_shown_until_something_is_typed() -> None:
    """The caller says what is chosen; typing replaces it."""
    state = a_state(title="the model of this chat")
    assert "> the model of this chat" in text(draw(state, 80, 24))
    state.type_text("x")
    assert "this chat" not in text(draw(state, 80, 24))


def test_model_of_the_folder_is_named_until_something_is_typed() -> None:
    """The list starts at the default; requests from here ask another model."""
    here = Here(source="~/acme/.aircher", model="work/model-7")
    view = a_view(MODELS, KEYS, default="work/claude-sonnet-5", here=here)
    first = text(draw(a_state(view), 80, 24)).splitlines()[0]
    assert "type to filter; requests from here ask work/model-7 (~/acme/" in first
    assert "from here" not in text(draw(a_state(view, "the model of this chat"), 80, 24))


def test_folded_group_says_state_and_count() -> None:
    """A provider that is not signed in is one line with its state."""
    state = a_state()
    state.last()
    assert "> ○ ▸ spare  not signed in · 1 model" in text(draw(state, 80, 24))


def test_overlay_scrolls_to_its_end_and_no_further() -> None:
    """The help can be scrolled on a small screen."""
    state = a_state()
    state.overlay = "help"
    assert "… more below" in text(draw(state, 40, 15))
    state.last()
    state.overlay_top = 10_000
    found = text(draw(state, 40, 15))
    assert "J json" in found
    assert "more below" not in found


@pytest.mark.parametrize(("height", "has_titles"), [(20, True), (19, False)])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_columns_have_titles_where_there_is_room(width: int, height: int, has_titles: bool) -> None:
    """From 20 rows on a line says what the columns are; a click on a row finds it all the same."""
    state = a_state()
    frame = draw(state, width, height)
    assert has_titles is ("$ in/out" in text(frame))
    y = next(y for y, line in enumerate(text(frame).splitlines()) if "> ✓ ● claude" in line)
    zone = frame.zone_at(5, y)
    assert zone is not None
    assert zone.index == state.selected
    state.last()
    lines = text(draw(state, width, height)).splitlines()
    assert any("> ○ ▸ spare" in line for line in lines)


def test_alias_shows_its_chain_and_abilities_at_120_columns() -> None:
    """What a row can do and what follows it is in the list at a usual size."""
    models = [a_model("anthropic/claude-sonnet-5", tools=True, images=True, window=1_000_000)]
    alias = {"name": "main", "routes": ["anthropic/claude-sonnet-5", "openai/x", "ollama/y"]}
    found = text(draw(a_state(a_view(models, aliases=(alias,), default="main")), 120, 35))
    assert "TI····  → openai → ollama" in found or "tools images  → openai → ollama" in found


def test_styles_are_never_colour_alone() -> None:
    """A row has the word of its state or its symbol, whatever its colour."""
    lines = draw(a_state(), 120, 35).lines
    coloured = [
        piece for line in lines for piece, style in line if style in {"good", "bad", "warn"}
    ]
    assert all(piece.strip() for piece in coloured)


@pytest.mark.parametrize(
    ("key", "why", "advice", "keys"),
    [
        (
            a_key("bare", "rejected", reason="refused the key (HTTP 401)"),
            "✗ refused: HTTP 401",
            "→ Ctrl-L signs in again",
            "^D sign out",
        ),
        (
            a_key("bare", health="unreachable", health_reason="Connection refused"),
            "⚠ unreachable: Connection refused",
            "→ check the network and the proxy: aircher-cli doctor",
            "^X end cooldown",
        ),
        (
            a_key("bare", "not_configured"),
            "○ not signed in: no key is stored for it",
            "→ Ctrl-L signs in",
            "^L sign in",
        ),
    ],
)
def test_provider_without_models_says_why_and_what_to_do(
    key: dict[str, object], why: str, advice: str, keys: str
) -> None:
    """A provider whose list could not be fetched is explained like one with models."""
    state = a_state(a_view((), [key]))
    state.last()
    frame = text(draw(state, 160, 30))
    for expected in (why, advice, keys, "No model is known."):
        assert expected in frame
