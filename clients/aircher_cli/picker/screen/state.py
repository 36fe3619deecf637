"""What the picker shows and what the keys change, without a library that draws.

`frame.draw` makes lines of it. Nothing here waits or talks to the daemon.
"""

import time
from collections.abc import Callable
from itertools import chain
from typing import Literal

from aircher_cli.picker.screen.columns import Columns, fit, shown_name
from aircher_cli.picker.screen.items import (
    Item,
    flatten,
    nearest_selectable,
    step,
)
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.listing.groups import build_groups
from aircher_cli.picker.view.listing.ordering import SORTS, Sort, next_sort
from aircher_cli.picker.view.listing.rows import Group, Row
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.render.marks import Mark
from aircher_cli.values import Map

Overlay = Literal["", "help", "details"]

MAX_QUERY = 200
"""Characters of a filter; a longer one comes from a mistaken paste."""


class PickerState:
    """The list, the filter, the selection, and the message at the foot.

    Attributes:
        title: What is shown instead of an empty filter.
        view: What the daemon last said.
        query: The filter.
        cursor: The position in it.
        sort: The order of the list.
        all_models: Whether nothing is folded.
        items: The lines of the list.
        selected: The index of the selected one; -1 without any.
        top: The index of the first visible one.
        message: What happened last, and its style.
        overlay: What covers the list.
        overlay_top: Its first visible line.
        explained: Name -> the answer of `route.explain`.
        revision: Counts the changes of `view`.
    """

    def __init__(
        self,
        preferences: Preferences,
        *,
        chooses_default: bool,
        title: str = "",
        in_use: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.preferences = preferences
        self.chooses_default = chooses_default
        self.title = title
        self._in_use = in_use
        self.clock = clock
        self.view = DaemonView()
        self.query = ""
        self.cursor = 0
        self.sort: Sort = _known_sort(preferences.sort)
        self.all_models = False
        self.items: tuple[Item, ...] = ()
        self.selected = -1
        self.top = 0
        self.page = 10
        self.message: tuple[str, str] = ("", "")
        self.overlay: Overlay = ""
        self.overlay_top = 0
        self.explained: dict[str, Map] = {}
        self.revision = 0
        self._open_groups: set[str] = set()
        self._columns: tuple[tuple[int, bool], Columns] | None = None
        self._has_selected = False  # whether the user, or the default, selected a row

    # ---------------------------------------------------------- what is selected

    @property
    def item(self) -> Item | None:
        """The selected line."""
        return self.items[self.selected] if 0 <= self.selected < len(self.items) else None

    @property
    def row(self) -> Row | None:
        """The selected row; None on a line that opens a group."""
        return self.item.row if self.item else None

    @property
    def provider(self) -> str:
        """The provider that keys act on; empty without a selection."""
        return self.item.provider if self.item else ""

    @property
    def shown_count(self) -> int:
        """How many different models and aliases are in the list."""
        return len({item.row.name for item in self.items if item.row})

    @property
    def total_count(self) -> int:
        """How many models and aliases there are."""
        return len(self.view.models) + len(self.view.aliases)

    # ---------------------------------------------------------- what the daemon says

    def set_view(self, view: DaemonView) -> None:
        """Take what the daemon said; the selection stays on its model."""
        self.view = view
        self.revision += 1
        self.rebuild()

    def rebuild(self) -> None:
        """Make the list again, after a change of the view or the passing of time."""
        selected, at = self.item, self.selected
        self._build()
        if selected is None or not self._has_selected:
            self._select_start()
            return
        found = self._find(selected)
        if found >= 0:
            self.selected = found
            return
        self.selected = nearest_selectable(self.items, at)
        if selected.row:
            self._report_vanished(selected.row.name)

    def _report_vanished(self, name: str) -> None:
        now = self.item
        instead = f"; {now.row.name} is selected instead" if now and now.row else ""
        self.message = (f"{name} is no longer in the list{instead}", "warn")

    def _build(self) -> None:
        groups = self._groups(all_models=self.all_models)
        opened: dict[str, Group] = {}
        if any(group.folded and group.key in self._open_groups for group in groups):
            full = self._groups(all_models=True)
            opened = {group.key: group for group in full if group.key in self._open_groups}
        self.items = flatten(groups, opened)
        self._columns = None

    def _groups(self, *, all_models: bool) -> tuple[Group, ...]:
        return build_groups(
            self.view,
            self.preferences,
            self.clock(),
            all_models=all_models,
            query=self.query,
            sort=self.sort,
        )

    def _find(self, item: Item) -> int:
        """Return the index of the same line, or of what stands for it now, or -1.

        A model may be in another group. A line that stands for a provider gives way to its models
        after a sign-in, and comes back after a sign-out.
        """
        places = list(enumerate(self.items))
        same = (at for at, other in places if other.key == item.key)
        if item.row is None:
            key, provider = item.group.key, item.group.provider
            group = (at for at, each in places if each.can_be_selected and each.group.key == key)
            models = (
                at for at, each in places if each.row and provider and each.provider == provider
            )
            return next(chain(same, group, models), -1)
        row = item.row
        moved = (at for at, each in places if each.row and each.row.name == row.name)
        folded = (at for at, each in places if each.is_whole and each.provider == row.provider)
        return next(chain(same, moved, folded), -1)

    def _select_start(self) -> None:
        """Select the model in use, else the default; under a filter the best match, the first."""
        first = nearest_selectable(self.items, 0)
        default = next((i for i, item in enumerate(self.items) if _is_default(item)), first)
        rows = ((i, item.row) for i, item in enumerate(self.items) if item.row)
        in_use = next((i for i, row in rows if row.name == self._in_use), default)
        self.selected = first if self.query else in_use
        self.top = 0
        # Before the status has arrived, the default may be one that no key can ask.
        mark = self.item.mark if self.item else None
        is_sure = bool(self.view.providers) or mark is None or not mark.is_folded
        self._has_selected = self.view.has_models and self.selected >= 0 and is_sure

    # ---------------------------------------------------------- the filter

    def type_text(self, text: str) -> None:
        """Insert what was typed or pasted into the filter."""
        clean = "".join(c if c.isprintable() else " " for c in text.strip("\r\n"))
        clean = clean[: max(0, MAX_QUERY - len(self.query))]
        self._edit(self.query[: self.cursor] + clean, self.query[self.cursor :])

    def delete_left(self) -> None:
        """Delete the character before the cursor."""
        self._edit(self.query[: max(0, self.cursor - 1)], self.query[self.cursor :])

    def delete_right(self) -> None:
        """Delete the character at the cursor."""
        self._edit(self.query[: self.cursor], self.query[self.cursor + 1 :])

    def delete_word(self) -> None:
        """Delete the word before the cursor; a slash or a dash ends one too."""
        before = self.query[: self.cursor].rstrip(" /-")
        kept = max((before.rfind(end) for end in " /-"), default=-1) + 1
        self._edit(before[:kept], self.query[self.cursor :])

    def clear_query(self) -> None:
        """Remove the filter; the selection stays on its model."""
        if self.query:
            self.query, self.cursor = "", 0
            self.rebuild()

    def cursor_left(self) -> None:
        """Move the cursor in the filter."""
        self.cursor = max(0, self.cursor - 1)

    def cursor_right(self) -> None:
        """Move the cursor in the filter."""
        self.cursor = min(len(self.query), self.cursor + 1)

    def _edit(self, before: str, after: str) -> None:
        changed = before + after != self.query
        self.query, self.cursor = before + after, len(before)
        if changed and self.query:
            self._build()
            self._select_start()
        elif changed:
            self.rebuild()

    # ---------------------------------------------------------- moving

    def up(self) -> None:
        """Select the row above."""
        self._move(-1)

    def down(self) -> None:
        """Select the row below."""
        self._move(1)

    def page_up(self) -> None:
        """Select the row a page above."""
        self._move(-max(1, self.page - 1))

    def page_down(self) -> None:
        """Select the row a page below."""
        self._move(max(1, self.page - 1))

    def first(self) -> None:
        """Select the first row."""
        self._move(-len(self.items))

    def last(self) -> None:
        """Select the last row."""
        self._move(len(self.items))

    def _move(self, by: int) -> None:
        if self.overlay:
            self.overlay_top = max(0, self.overlay_top + by)
            return
        self.select(step(self.items, self.selected, by))

    def select(self, at: int) -> None:
        """Select the line with this index, if it can be selected."""
        if 0 <= at < len(self.items) and self.items[at].can_be_selected:
            self.selected = at
            self._has_selected = True

    def select_name(self, name: str) -> None:
        """Select a row by its name, or the default model or first row of a provider, if any."""
        rows = [(at, item) for at, item in enumerate(self.items) if item.row]
        found = [at for at, item in rows if item.row and item.row.name == name]
        of_provider = [(at, item) for at, item in rows if item.row and item.row.provider == name]
        found += [at for at, item in of_provider if _is_default(item)]
        found += [at for at, _ in of_provider]
        self.select(found[0] if found else -1)

    def scroll(self, by: int) -> None:
        """Move the list under the mouse wheel; the selection stays in sight."""
        if self.overlay:
            self.overlay_top = max(0, self.overlay_top + by)
            return
        self.top = max(0, min(self.top + by, len(self.items) - self.page))
        if not self.top <= self.selected < self.top + self.page:
            edge = self.top if self.selected < self.top else self.top + self.page - 1
            self.select(self._selectable_near(edge))

    def _selectable_near(self, at: int) -> int:
        visible = range(self.top, min(self.top + self.page, len(self.items)))
        fitting = [i for i in visible if self.items[i].can_be_selected]
        return min(fitting, key=lambda i: abs(i - at), default=-1)

    def show_selected(self, height: int) -> None:
        """Scroll so that the selected line, and the heading of the first one, are visible."""
        self.page = height = max(1, height)
        if self.selected < 0:
            self.top = 0
            return
        at = self.selected
        first = at - 1 if at and not self.items[at - 1].can_be_selected and height > 1 else at
        self.top = max(at - height + 1, min(self.top, first), 0)
        self.top = min(self.top, max(0, len(self.items) - height))

    # ---------------------------------------------------------- the rest

    def open_group(self, item: Item) -> None:
        """Show the rows that a line stands for, or fold them again."""
        at = self.selected
        self._open_groups ^= {item.group.key}
        self._build()
        if item.group.key in self._open_groups:
            # The first of the rows that were added, under the heading if it is new.
            self.selected = nearest_selectable(self.items, at)
        else:
            last = [i for i, each in enumerate(self.items) if each.group.key == item.group.key]
            self.selected = nearest_selectable(self.items, last[-1] if last else at)

    def toggle_all(self) -> None:
        """Show all models, or fold what is rarely wanted."""
        self.all_models = not self.all_models
        self._open_groups.clear()
        self.rebuild()
        what = (
            "all models are shown" if self.all_models else "models that are rarely used are folded"
        )
        self.message = (what, "")

    def next_sort(self) -> None:
        """Sort by the next criterion."""
        self.sort = next_sort(self.sort)
        self.rebuild()
        self.message = (f"sorted by {SORT_WORDS[self.sort]}", "")

    def columns(self, width: int, *, has_titles: bool) -> Columns:
        """Return the columns that fit into `width`; computed once for each list."""
        size = (width, has_titles)
        if self._columns is None or self._columns[0] != size:
            rows = [(shown_name(item.row, item.group), item.row) for item in self.items if item.row]
            self._columns = (size, fit(rows, width, sort=self.sort, has_titles=has_titles))
        return self._columns[1]

    def has_countdown(self) -> bool:
        """Tell whether a row changes with time alone: a cooldown ends, or a limit is renewed."""
        return any(item.row and item.row.mark in _COUNTING for item in self.items)

    def __repr__(self) -> str:
        return f"<PickerState {len(self.items)} lines, {self.view.link}, query={self.query!r}>"


SORT_WORDS: dict[Sort, str] = {
    "best": "what can answer best",
    "price": "price",
    "window": "context window",
    "speed": "speed",
}

_COUNTING = frozenset({Mark.COOLING, Mark.LIMITED, Mark.UNREACHABLE, Mark.NO_CREDIT})


def _is_default(item: Item) -> bool:
    return item.row is not None and item.row.is_default


def _known_sort(name: str) -> Sort:
    return next((sort for sort in SORTS if sort == name), "best")
