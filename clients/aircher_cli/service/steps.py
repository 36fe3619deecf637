"""What a command did to the service: a line each as it happens, and all of them for `--json`."""

from aircher_cli.console import Console
from aircher_cli.render.layout import paragraph


class Steps:
    """Collects the steps; prints them unless `is_silent`."""

    def __init__(self, console: Console, *, is_silent: bool) -> None:
        self._console = console
        self._is_silent = is_silent
        self.changes: list[str] = []
        self.notes: list[str] = []

    def did(self, text: str) -> None:
        """Report a change that was made."""
        self.changes.append(text)
        if not self._is_silent:
            for line in paragraph(f"✓ {text}", self._console.width, hang="  ", style="good"):
                self._console.styled(line)

    def note(self, text: str) -> None:
        """Report what the user should know, on standard error."""
        self.notes.append(text)
        if not self._is_silent:
            self._console.note(text)
