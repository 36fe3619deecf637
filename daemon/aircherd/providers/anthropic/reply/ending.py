"""How a reply ended."""

from aircherd.providers.anthropic.usage import AnthropicUsage, read_usage
from aircherd.providers.codec.finish import read_finish
from aircherd.providers.codec.json_in import as_text
from aircherd.vocabulary.reply import Ending


def read_ending(
    stop_reason: object, usage: AnthropicUsage | None, model: object, *, has_calls: bool
) -> Ending:
    """Return the ending of a reply; `has_calls`: the model itself called a tool."""
    finish = read_finish(stop_reason) or "stop"
    if finish == "stop" and has_calls:
        # Compatible servers say `end_turn` after calls too; after those of code the turn is over.
        finish = "tool_calls"
    return Ending(
        finish=finish,
        usage=read_usage(usage) if usage else None,
        model=as_text(model) or None,
    )
