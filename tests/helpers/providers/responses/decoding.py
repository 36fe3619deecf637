"""What our decoder makes of a stream of the Responses API."""

import itertools

from aircherd.providers.openai_responses.reply import ResponsesStream
from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.reply import Ending, InItem, ReplyEvent, Usage, UsageDelta
from helpers.providers.provider_calls import run_decoder
from helpers.providers.responses.streams import response

COUNTED = Usage(37, 31, 16, 4, 20)
MODEL = "gpt-5.5-2026-04-01"
COMPLETED = {"type": "response.completed", "response": response("completed", [])}


def decode(*pieces: bytes) -> tuple[list[ReplyEvent], Failure | None]:
    ids = itertools.count(1)
    events, failure = run_decoder(ResponsesStream(lambda: f"made-{next(ids)}"), pieces)
    return without_order(events), failure


def without_order(events: list[ReplyEvent]) -> list[ReplyEvent]:
    """Return the events without those that only name an item."""
    return [event for event in events if type(event) is not InItem]


def ended(finish: str, usage: Usage | None = COUNTED) -> list[ReplyEvent]:
    return [UsageDelta(usage), Ending(finish, usage, MODEL)]


def item_done(**item: object) -> dict[str, object]:
    return {"type": "response.output_item.done", "output_index": 0, "item": item}
