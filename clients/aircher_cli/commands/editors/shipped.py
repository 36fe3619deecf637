"""Where the files of aircher's own plugins are: in a checkout, or where the wheel has put them."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

MARKS = {"nvim": "plugin/aircher.lua", "emacs": "aircher.el"}
"""Editor -> a file that its folder has."""


def shipped_folder(editor: str) -> str | None:
    """Return the folder of a plugin, None if it is not installed.

    A checkout comes first: its files are those of the program that runs.
    """
    checkout = Path(__file__).parents[3] / editor
    if (checkout / MARKS[editor]).is_file():
        return str(checkout)
    return _installed_folder(editor)


def _installed_folder(editor: str) -> str | None:
    """Return where an installer has put the files: it keeps a list of them."""
    mark = f"share/aircher/{editor}/{MARKS[editor]}"
    try:
        files = distribution("aircher").files or ()
    except PackageNotFoundError:
        return None
    for file in files:
        if file.as_posix().endswith(mark) and (path := Path(str(file.locate()))).is_file():
            return str(path.resolve())[: -len(MARKS[editor]) - 1]
    return None
