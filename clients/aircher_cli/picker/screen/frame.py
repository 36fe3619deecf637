"""The whole screen as lines of styled pieces, and what a click on each part of it does.

Plain functions of `PickerState` and the size: nothing here knows the library that draws.
"""

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import wrap

from rich.cells import cell_len

from aircher_cli.picker.screen.columns import GUTTERS, Columns, cut, row_line, title_line
from aircher_cli.picker.screen.help_text import help_lines
from aircher_cli.picker.screen.items import Item
from aircher_cli.picker.screen.keys import KEY_NAMES, foot_keys, foot_word
from aircher_cli.picker.screen.state import PickerState
from aircher_cli.picker.view.here import model_of_folder
from aircher_cli.picker.view.pane.details import detail_lines, provider_lines
from aircher_cli.render.config.problems import config_notice
from aircher_cli.render.layout import Line

PANE_RIGHT_FROM = 100
"""Columns from which the pane is at the right of the list; else it is below."""
PANE_BELOW_FROM = 15
"""Rows of the body from which there is a pane below the list."""
TWO_FOOT_LINES_FROM = 24
"""Rows from which the foot has two lines."""
TITLES_FROM = 20
"""Rows from which the columns have titles."""
MAX_MESSAGE_LINES = 3

PROMPT = "> "


@dataclass(frozen=True)
class Zone:
    """A part of the screen that can be clicked: `y`, `start <= x < end`.

    `action` is that of a key, or `item`; then `index` is that of the line of the list.
    """

    y: int
    start: int
    end: int
    action: str
    index: int = -1


@dataclass(frozen=True)
class Frame:
    """The screen: one line for each row, what can be clicked, and where the cursor is."""

    lines: tuple[Line, ...]
    zones: tuple[Zone, ...]
    cursor: tuple[int, int]

    def zone_at(self, x: int, y: int) -> Zone | None:
        """Return what is at a position."""
        return next((z for z in self.zones if z.y == y and z.start <= x < z.end), None)


@dataclass(frozen=True)
class _Areas:
    """Where the parts are: size of list and pane, and how many lines the titles have."""

    list_width: int
    list_height: int
    titles: int
    pane_width: int
    pane_height: int
    is_beside: bool


def draw(state: PickerState, width: int, height: int) -> Frame:
    """Return the screen for a terminal of this size."""
    if width < 1 or height < 1:
        return Frame((), (), (0, 0))
    foot = _foot(state, width, height)
    message = _message(state, width, height)
    body = max(0, height - 1 - len(message) - len(foot))
    head, cursor = _head(state, width)
    middle, zones = (
        _overlay(state, width, body) if state.overlay else _body(state, width, height, body)
    )
    lines = [head, *middle, *message]
    zones = [Zone(z.y + 1, z.start, z.end, z.action, z.index) for z in zones]
    for line, foot_zones in foot:
        zones += [Zone(len(lines), z.start, z.end, z.action) for z in foot_zones]
        lines.append(line)
    return Frame(tuple(lines[:height]), tuple(zones), cursor)


# ------------------------------------------------------------------ the top line


def _head(state: PickerState, width: int) -> tuple[Line, tuple[int, int]]:
    """Return the line with the filter, and where its cursor is."""
    right = _counter(state)
    room = width - len(PROMPT) - 1
    if cell_len(right) + 12 > room:
        right = ""
    room -= cell_len(right) + bool(right)
    start = _visible_start(state.query, state.cursor, room)
    before, after = state.query[start : state.cursor], state.query[state.cursor :]
    line: Line = [(PROMPT, "bold")]
    if state.query:
        after = cut(after, max(0, room - cell_len(before)))
        line += [(before, ""), (after[:1] or " ", "reverse"), (after[1:], "")]
    else:
        hint = cut(state.title or _hint(state), max(1, room))
        line += [(hint[0], "reverse dim"), (hint[1:], "dim")]
    used = sum(cell_len(text) for text, _ in line)
    line += [(" " * max(0, width - used - cell_len(right) - 1), ""), (right, "dim")]
    return line, (min(width - 1, len(PROMPT) + cell_len(before)), 0)


def _hint(state: PickerState) -> str:
    """Return what is shown instead of an empty filter, and what the default does not change."""
    view = state.view
    asked = model_of_folder(view.here, view.tasks, view.default) if state.chooses_default else ""
    return "; ".join(filter(None, ("type to filter", asked)))


def _visible_start(query: str, cursor: int, room: int) -> int:
    """Return the first visible position of a filter that is longer than the line."""
    start = 0
    while start < cursor and cell_len(query[start:cursor]) >= max(1, room):
        start += 1
    return start


def _counter(state: PickerState) -> str:
    if not state.view.has_models:
        return ""
    order = "" if state.sort == "best" else f"by {state.sort} · "
    return f"{order}{state.shown_count:,} of {state.total_count:,}"


# ------------------------------------------------------------------ list and pane


def _areas(width: int, height: int, body: int) -> _Areas:
    """Return where list and pane are; `height` is that of the screen."""
    titles = int(height >= TITLES_FROM)
    if width >= PANE_RIGHT_FROM:
        # First the columns of the list; of what is left, the pane needs more for its sentences.
        pane = max(36, min(72, 36 + (width - 120) * 3 // 5))
        return _Areas(width - pane - 3, body - titles, titles, pane, body, is_beside=True)
    if body >= PANE_BELOW_FROM:
        pane = max(6, min(14, body * 2 // 5))
        rest = body - pane - 1 - titles
        return _Areas(width, rest, titles, width - 1, pane, is_beside=False)
    return _Areas(width, body - titles, titles, 0, 0, is_beside=False)


def _body(state: PickerState, width: int, height: int, body: int) -> tuple[list[Line], list[Zone]]:
    areas = _areas(width, height, body)
    state.show_selected(areas.list_height)
    rows, zones = _list(state, areas)
    bar = [False] * areas.titles + _scroll_bar(state, areas.list_height)
    pane = _pane(state, areas.pane_width, areas.pane_height)
    if areas.is_beside:
        lines = [
            [*_padded(row, areas.list_width - 1), (f" {_edge(thumb)} ", "dim"), *right]
            for row, thumb, right in zip(rows, bar, pane, strict=True)
        ]
        return lines, zones
    lines = [
        [*_padded(row, areas.list_width - 1), ("┃" if thumb else " ", "dim")]
        for row, thumb in zip(rows, bar, strict=True)
    ]
    if areas.pane_height:
        lines += [[("─" * width, "dim")], *([(" ", ""), *line] for line in pane)]
    return lines, zones


def _edge(is_thumb: bool) -> str:
    return "┃" if is_thumb else "│"


def _scroll_bar(state: PickerState, height: int) -> list[bool]:
    """Return for each line whether the mark of the visible part covers it."""
    total = len(state.items)
    if total <= height or height < 2:
        return [False] * height
    size = max(1, height * height // total)
    start = round(state.top / (total - height) * (height - size))
    return [start <= y < start + size for y in range(height)]


def _list(state: PickerState, areas: _Areas) -> tuple[list[Line], list[Zone]]:
    """Return the lines of the list, with the titles of its columns, and what can be clicked."""
    width, height = areas.list_width - 1, areas.list_height
    if not state.items:
        lines = _empty_list(state, width)[: height + areas.titles]
        return [*lines, *([[]] * (height + areas.titles - len(lines)))], []
    columns = state.columns(width, has_titles=bool(areas.titles))
    lines, zones = [title_line(columns)] * areas.titles, []
    for at in range(state.top, min(state.top + height, len(state.items))):
        item = state.items[at]
        if item.can_be_selected:
            zones.append(Zone(len(lines), 0, width, "item", at))
        lines.append(_item(item, columns, width, is_selected=at == state.selected))
    return [*lines, *([[]] * (height + areas.titles - len(lines)))], zones


def _item(item: Item, columns: Columns, width: int, *, is_selected: bool) -> Line:
    """Return a line of the list."""
    if item.row:
        line = row_line(item.row, item.group, columns, is_selected=is_selected)
    else:
        line = _heading(item) if item.kind == "heading" else _fold(item, is_selected=is_selected)
    if not is_selected:
        return line
    return [(text, _selected(style)) for text, style in _padded(line, width)]


def _selected(style: str) -> str:
    """Return the style of a piece of the selected line: one colour, and matches stand out."""
    return "selected match" if style == "match" else "selected"


def _heading(item: Item) -> Line:
    mark = item.group.mark
    state: Line = [(f"  {mark.symbol} {mark.word}", mark.style or "dim")] if mark else []
    return [(item.group.title, "bold"), *state]


def _fold(item: Item, *, is_selected: bool) -> Line:
    line: Line = [(GUTTERS[is_selected], "bold")]
    if item.is_whole:
        mark, arrow = item.group.mark, "▸" if item.count else " "
        symbol, word, style = (mark.symbol, mark.word, mark.style) if mark else (" ", "", "")
        count = f" · {_models(item.count)}" if item.count else ""
        line += [(f"{symbol} ", style), (f"{arrow} ", "dim"), (item.group.title, "bold")]
        return [*line, (f"  {word}", style), (count, "dim")]
    if item.is_open:
        return [*line, ("  ▾ show fewer", "dim")]
    return [*line, (f"  ▸ {item.count:,} more", "dim")]


def _models(count: int) -> str:
    return f"{count:,} model{'' if count == 1 else 's'}"


def _empty_list(state: PickerState, width: int) -> list[Line]:
    if not state.view.has_models:
        text = state.view.link_problem or "loading the models ..."
        if state.view.link_problem and state.view.link == "connecting":
            text = f"no connection to the daemon yet: {text}"
    elif state.query:
        text = f'No model matches "{state.query}". Esc clears the filter.'
        if not state.all_models:
            text += " ^E also shows models that are folded."
    else:
        text = "There are no models yet. ^R fetches the lists of models, ^L signs in."
    return [[(f" {line}", "dim")] for line in wrap(text, max(10, width - 2))]


def _pane(state: PickerState, width: int, height: int) -> list[Line]:
    if height <= 0 or width <= 0:
        return []
    lines = details(state, width)
    if len(lines) > height:
        lines = [*lines[: height - 1], [("… Tab shows all of it", "dim")]]
    return [*(_cropped(line, width) for line in lines), *([[]] * (height - len(lines)))]


def details(state: PickerState, width: int) -> list[Line]:
    """Return the lines about the selected row."""
    item = state.item
    if item is None:
        return []
    if item.row is None:
        return _about_group(state, item, width)
    explained = state.explained.get(item.row.name)
    now = state.clock()
    return detail_lines(state.view, item.row, explained, now, width, keys=KEY_NAMES)


def _about_group(state: PickerState, item: Item, width: int) -> list[Line]:
    lines: list[Line] = [_heading(item), []]
    if item.group.provider:
        provider, now = item.group.provider, state.clock()
        lines += [*provider_lines(state.view, provider, now, width, keys=KEY_NAMES), []]
    if item.count:
        about = f"Enter {'folds' if item.is_open else 'shows'} {_models(item.count)}."
    else:
        about = "No model is known."
    return [*lines, *([(part, "")] for part in wrap(about, max(10, width)))]


def _overlay(state: PickerState, width: int, height: int) -> tuple[list[Line], list[Zone]]:
    """Return the help, or the details in full."""
    make: Callable[[], list[Line]] = {
        "help": lambda: help_lines(width - 2),
        "details": lambda: details(state, max(10, width - 2)),
    }[state.overlay]
    lines = [[(" ", ""), *line] for line in make()]
    state.page = max(1, height)
    state.overlay_top = max(0, min(state.overlay_top, len(lines) - height))
    shown = lines[state.overlay_top : state.overlay_top + height]
    if len(lines) > state.overlay_top + height and shown:
        shown[-1] = [(" … more below", "dim")]
    return [*shown, *([[]] * (height - len(shown)))], []


# ------------------------------------------------------------------ the foot


def _message(state: PickerState, width: int, height: int) -> list[Line]:
    """Return the lines of the message, above the foot; one is always there if there is room."""
    if height < 5:
        return []
    text, style = _message_text(state)
    most = MAX_MESSAGE_LINES if height >= 15 else 1
    lines = wrap(text, max(10, width - 2))
    if len(lines) > most:
        lines = [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), width - 2)]
    return [[(f" {line}", style)] for line in lines or [""]]


def _message_text(state: PickerState) -> tuple[str, str]:
    """Return what matters most: a lost connection, what the last key did, what the daemon says."""
    view = state.view
    why = view.link_problem.rstrip(".")
    if view.has_models and view.link == "reconnecting":
        why = why or "the connection was lost"
        return f"reconnecting: {why}; the list may be out of date", "warn"
    if view.link == "stopped" and not state.message[0]:
        known = f"{why}; " if view.has_models else ""  # else the list says why it is empty
        return f"{known}^R starts the daemon", "warn"
    notices = list(filter(None, (config_notice(view.config), *view.current_notices)))
    if state.message[0] or not notices:
        return state.message
    more = f" ({len(notices) - 1} more: aircher-cli status)" if notices[1:] else ""
    return f"{notices[0]}{more}", "warn"


def _foot(state: PickerState, width: int, height: int) -> list[tuple[Line, list[Zone]]]:
    rows = 2 if height >= TWO_FOOT_LINES_FROM else 1
    if height < 4:
        return []
    if state.overlay:
        return [_overlay_foot(width)]
    result = []
    mark = state.item.mark if state.item else None
    has_query, is_locked = bool(state.query), bool(state.view.lock)
    for keys in foot_keys(mark, width, rows, has_query=has_query, is_locked=is_locked):
        line: Line = [(" ", "")]
        zones: list[Zone] = []
        for key in keys:
            x = sum(cell_len(text) for text, _ in line)
            word = foot_word(key, has_query=has_query, is_locked=is_locked)
            zones.append(Zone(0, x, x + len(key.label) + 1 + len(word), key.action))
            line += [(key.label, "bold"), (f" {word}  ", "dim")]
        result.append((line, zones))
    return result


def _overlay_foot(width: int) -> tuple[Line, list[Zone]]:
    line: Line = [
        (" ", ""),
        ("Esc", "bold"),
        (" back  ", "dim"),
        ("Up, Down", "bold"),
        (" scroll", "dim"),
    ]
    return _cropped(line, width), [Zone(0, 1, 9, "back")]


# ------------------------------------------------------------------ pieces


def _cropped(line: Line, width: int) -> Line:
    """Shorten a line to `width` cells."""
    pieces: Line = []
    for text, style in line:
        used = sum(cell_len(each) for each, _ in pieces)
        if used + cell_len(text) > width:
            return [*pieces, (cut(text, width - used), style)]
        pieces.append((text, style))
    return pieces


def _padded(line: Line, width: int) -> Line:
    """Shorten or fill a line to exactly `width` cells."""
    cropped = _cropped(line, width)
    used = sum(cell_len(text) for text, _ in cropped)
    return [*cropped, (" " * max(0, width - used), "")]
