"""The notes of a report."""

from aircher_cli.commands.migrate.notes import Note, problem


def test_problem_is_a_note_of_its_kind():
    """A problem has its file and line."""
    assert problem("a", "is wrong", "f", 3) == Note("problem", "a", "is wrong", "f", 3)
