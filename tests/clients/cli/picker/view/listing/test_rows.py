from aircher_cli.picker.view.listing.rows import Group, Row, all_rows
from aircher_cli.render.marks import Mark


def test_all_rows_are_in_the_order_of_the_screen() -> None:
    """Group by group."""
    one, two, three = (Row(name, "model", "a", name, Mark.READY) for name in ("1", "2", "3"))
    assert all_rows([Group("A", (one,)), Group("B", ()), Group("C", (two, three))]) == [
        one, two, three,
    ]  # fmt: skip
