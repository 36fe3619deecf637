"""The tokens of a conversation: of all answers, of the last one, and of the model's window."""

from decimal import Decimal, InvalidOperation

from aircher_cli.commands.ask.reply import target_name, usage_line
from aircher_cli.render.formatting import count, format_percent
from aircher_cli.render.money import format_usd
from aircher_cli.values import Map, as_map, number, text


class Tally:
    """Adds up what the answers of this chat have used; `last` is the last result."""

    def __init__(self) -> None:
        self.last: Map = {}
        self._answers = 0
        self._unknown = 0  # answers whose tokens are not known
        self._input = 0
        self._output = 0
        self._cost: Decimal | None = Decimal(0)

    def add(self, result: Map) -> None:
        """Add an answer; the result of one that was stopped is empty."""
        self._answers += 1
        if result:
            self.last = result
        usage = as_map(result.get("usage"))
        if not usage:
            self._unknown += 1
        self._input += int(number(usage.get("input_tokens")) or 0)
        self._output += int(number(usage.get("output_tokens")) or 0)
        self._cost = _add(self._cost, result.get("cost"))

    def lines(self, size: str) -> list[str]:
        """Return what to show; `size` is that of the conversation."""
        last = f"last answer: {usage_line(self.last)}" if self.last else "there is no answer yet"
        lines = [f"conversation: {size}", last]
        if self._answers > 1:
            cost = "cost unknown" if self._cost is None else format_usd(self._cost)
            unknown = f"; the tokens of {self._unknown} are unknown" if self._unknown else ""
            lines.append(
                f"this chat: {count(self._answers, 'answer')}, {self._input:,} tokens in, "
                f"{self._output:,} out, {cost}{unknown}"
            )
        return lines

    @property
    def model(self) -> str:
        """The `provider/model` of the last answer; empty without one."""
        return target_name(self.last)

    def __repr__(self) -> str:
        return f"<Tally of {self._answers} answers>"


def conversation_size(messages: int, tokens: float | None, window: float | None) -> str:
    """Return the size of a conversation: messages, about how many tokens, share of the window."""
    size = count(messages, "message")
    if tokens is None or not messages:
        return size
    size = f"{size}, about {tokens:,.0f} tokens"
    if not window:
        return size
    return f"{size}, {format_percent(tokens / window)} of the window of {window:,.0f}"


def _add(total: Decimal | None, cost: object) -> Decimal | None:
    """Add a cost in USD; the sum is unknown if one is."""
    try:
        return None if total is None else total + Decimal(text(cost))
    except InvalidOperation:
        return None
