"""The selected row when the list changes below it."""

from collections.abc import Sequence

from aircher_cli.picker.view.rows import Group, Row


def all_rows(groups: Sequence[Group]) -> list[Row]:
    """Return the rows of all groups in their order."""
    return [row for group in groups for row in group.rows]


def select_row(selected: str, old: Sequence[Group], new: Sequence[Group]) -> str:
    """Return the name of the row to select; empty if there is none.

    The same row if it is still there. If it vanished, the nearest one that was below it, or else
    above it; if none of these is left, the row at the same place.

    Args:
        selected: The name of the row that was selected, empty if none was.
        old: The groups in which it was selected.
        new: The groups that are shown now.
    """
    rows = all_rows(new)
    names = {row.name for row in rows}
    if selected in names or not rows:
        return selected if rows else ""
    before = [row.name for row in all_rows(old)]
    if selected not in before:
        return first_choice(new)
    at = before.index(selected)
    nearest = (name for name in (*before[at + 1 :], *reversed(before[:at])) if name in names)
    return next(nearest, rows[min(at, len(rows) - 1)].name)


def first_choice(groups: Sequence[Group]) -> str:
    """Return the row to select at first: the default model if it is shown, else the first row."""
    rows = all_rows(groups)
    found = next((row for row in rows if row.is_default), rows[0] if rows else None)
    return found.name if found else ""


def move(selected: str, groups: Sequence[Group], steps: int) -> str:
    """Return the row that many steps below (or above, if negative), at most the last or first."""
    names = [row.name for row in all_rows(groups)]
    if not names:
        return ""
    at = names.index(selected) + steps if selected in names else 0
    return names[max(0, min(at, len(names) - 1))]


def next_favourite(selected: str, groups: Sequence[Group]) -> str:
    """Return the next favourite after the selected row, round the end; else the selected row."""
    rows = all_rows(groups)
    at = next((i for i, row in enumerate(rows) if row.name == selected), -1)
    ahead = (*rows[at + 1 :], *rows[: at + 1])
    return next((row.name for row in ahead if row.is_favourite), selected)
