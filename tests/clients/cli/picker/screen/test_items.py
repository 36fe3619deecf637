"""The lines of the list."""

import pytest

from aircher_cli.picker.screen.items import Item, flatten, nearest_selectable, step
from aircher_cli.picker.view.listing.rows import Group, Row
from aircher_cli.render.marks import Mark

ROW = Row("work/a", "model", "work", "a", Mark.READY)
OTHER = Row("work/b", "model", "work", "b", Mark.READY)
OPEN = Group("work", (ROW,), Mark.READY, folded=1, key="work", provider="work")
FULL = Group("work", (ROW, OTHER), Mark.READY, key="work", provider="work")
CLOSED = Group("spare", (), Mark.NOT_CONFIGURED, folded=3, key="spare", provider="spare")
EMPTY = Group("bare", (), Mark.READY, key="bare", provider="bare")


def kinds(*groups: Group, **opened: Group) -> list[tuple[str, str, int]]:
    return [(i.kind, i.row.name if i.row else "", i.count) for i in flatten(groups, opened)]


def test_group_has_heading_rows_and_line_for_folded_rows() -> None:
    """A group is its heading, its rows, and one line that opens the rest."""
    assert kinds(OPEN) == [("heading", "", 0), ("row", "work/a", 0), ("fold", "", 1)]


def test_open_group_shows_all_rows_and_can_be_folded() -> None:
    """A group that the user opened has all its rows, and its last line folds them again."""
    items = flatten((OPEN,), {"work": FULL})
    assert [item.kind for item in items] == ["heading", "row", "row", "fold"]
    assert items[-1].is_open


@pytest.mark.parametrize("group", [CLOSED, EMPTY], ids=["folded", "without models"])
def test_group_without_rows_is_one_line_that_can_be_selected(group: Group) -> None:
    """A provider without visible models can be selected, so that keys such as sign-in reach it."""
    (item,) = flatten((group,))
    assert item.is_whole
    assert item.can_be_selected
    assert group.provider == item.provider


def test_step_skips_headings_and_stops_at_the_ends() -> None:
    """The selection moves over rows and folded groups only."""
    items = flatten((FULL, CLOSED))
    assert [step(items, 1, by) for by in (0, 1, 2, 9)] == [1, 2, 3, 3]
    assert step(items, 2, -9) == 1
    assert step((), -1, 1) == -1


def test_nearest_selectable_prefers_the_line_below() -> None:
    """Where a line is gone, the one below is next, at the end the one above."""
    items = flatten((FULL, CLOSED))
    assert [nearest_selectable(items, at) for at in (0, 3, 9)] == [1, 3, 3]
    assert nearest_selectable((), 3) == -1


def test_a_line_has_the_state_of_its_row_or_group() -> None:
    """Keys that apply to a state need it, also where no model is known."""
    row = Row("work/a", "model", "work", "a", Mark.COOLING)
    group = Group("work", (), Mark.REJECTED, key="work", provider="work")
    assert [Item("row", group, row=row).mark, Item("fold", group).mark] == [
        Mark.COOLING,
        Mark.REJECTED,
    ]
