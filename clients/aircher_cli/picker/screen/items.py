"""The lines of the list: headings, rows, and lines that open or fold a group."""

from dataclasses import dataclass
from typing import Literal

from aircher_cli.picker.view.listing.rows import Group, Row
from aircher_cli.render.marks import Mark


@dataclass(frozen=True)
class Item:
    """One line of the list.

    Attributes:
        kind: `fold` opens its group, or folds it if `is_open`; a heading cannot be selected.
        group: Its group.
        row: The row, for that kind.
        count: How many rows a `fold` hides.
        is_open: Whether a `fold` hides its rows again.
        is_whole: Whether a `fold` stands for a group without visible rows.
    """

    kind: Literal["heading", "row", "fold"]
    group: Group
    row: Row | None = None
    count: int = 0
    is_open: bool = False
    is_whole: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies the item in later lists."""
        return self.kind, self.group.key, self.row.name if self.row else ""

    @property
    def provider(self) -> str:
        """The provider that keys act on; empty if there are several."""
        return self.row.provider if self.row else self.group.provider

    @property
    def mark(self) -> Mark | None:
        """The state of the row, or of the group's provider; None if there are several."""
        return self.row.mark if self.row else self.group.mark

    @property
    def can_be_selected(self) -> bool:
        """Whether it is a row, or opens and folds a group."""
        return self.kind != "heading"


def flatten(groups: tuple[Group, ...], opened: dict[str, Group] | None = None) -> tuple[Item, ...]:
    """Return the lines of the list.

    Args:
        groups: The groups, some with folded rows.
        opened: Key -> the same group with all its rows, for those that the user opened.
    """
    items: list[Item] = []
    for group in groups:
        full = (opened or {}).get(group.key) if group.folded else None
        items += _group_items(full or group, group.folded, is_open=full is not None)
    return tuple(items)


def _group_items(group: Group, folded: int, *, is_open: bool) -> list[Item]:
    if not group.rows:
        # A provider without models can still be signed in to.
        return [Item("fold", group, count=folded, is_whole=True)]
    items = [Item("heading", group)]
    items += [Item("row", group, row=row) for row in group.rows]
    if folded:
        items.append(Item("fold", group, count=folded, is_open=is_open))
    return items


def nearest_selectable(items: tuple[Item, ...], at: int) -> int:
    """Return the index of the closest line that can be selected, below first; -1 if none can."""
    at = max(0, min(at, len(items) - 1))
    below = next((i for i in range(at, len(items)) if items[i].can_be_selected), -1)
    if below >= 0:
        return below
    return next((i for i in range(at, -1, -1) if items and items[i].can_be_selected), -1)


def step(items: tuple[Item, ...], at: int, by: int) -> int:
    """Return the index `by` selectable lines further; the ends stop it."""
    selectable = [i for i, item in enumerate(items) if item.can_be_selected]
    if not selectable:
        return -1
    here = next((n for n, i in enumerate(selectable) if i >= at), len(selectable) - 1)
    return selectable[max(0, min(here + by, len(selectable) - 1))]
