"""Shows an answer in a conversation: who answers, and then what it says."""

from aircher_cli.commands.ask.reply import ReplyPrinter, target_name
from aircher_cli.console import Console
from aircher_cli.values import Map


class ChatPrinter(ReplyPrinter):
    """Prints one answer; before it, who answers, if that is not who answered before.

    Args:
        console: The output.
        before: Who gave the answer before, as `provider/model`; empty if there is none.
        renders: Show Markdown as formatted text.
    """

    def __init__(self, console: Console, *, before: str, renders: bool) -> None:
        super().__init__(
            console,
            quiet=False,
            verbose=False,
            with_reasoning=console.err_is_terminal,
            renders=renders,
        )
        self.answers = before
        self._asked = ""

    def on_delta(self, delta: Map) -> None:
        """Show one `chat.delta`."""
        kind = delta.get("type")
        if kind == "attempt":
            if delta.get("outcome") == "trying":
                self._asked = target_name(delta)
        elif kind != "usage":
            self._introduce(self._asked)
        super().on_delta(delta)

    def finish(self, result: Map, *, show_text: bool) -> None:
        """Show what the deltas did not."""
        name = "" if result.get("empty") else target_name(result)
        if not self.shown:
            self._introduce(name)
        super().finish(result, show_text=show_text)
        if name and name != self.answers:
            self.answers = name
            self._console.line(f"{name} answered", "dim")

    def _introduce(self, name: str) -> None:
        if name and name != self.answers:
            self.answers = name
            self._console.finish_line()
            self._console.line(f"{name} answers:", "dim")

    def finish_note(self, result: Map) -> str:
        """Return why an answer is not what it seems, in words for a conversation."""
        if result.get("finish") == "length":
            return "the answer was cut off at its maximum length: ask for the rest"
        if result.get("finish") == "tool_calls":
            return "the model waits for an answer to a call, which chat cannot give"
        return super().finish_note(result)

    def __repr__(self) -> str:
        return f"<ChatPrinter of {self.answers or 'no answer yet'}>"
