"""Sections of the new configuration."""

from aircher_cli.commands.migrate.plan.sections import Entry, Section


def test_entries_are_kept_in_order():
    """Entries stay in the order in which they were added."""
    section = Section("[x]")
    section.add("b", 1, "old")
    section.add("a", 2)
    assert section.entries == [Entry("b", 1, "old"), Entry("a", 2)]
