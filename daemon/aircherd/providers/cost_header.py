"""The cost of a call in a header of its response: LiteLLM's, in USD.

It is a proxy's own calculation. It goes into the `Ending` like a cost in the body, which comes
first; whether it is believed is for `chat.accounting` to say.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from aircherd.providers.streaming_call import ChatCall
from aircherd.vocabulary.reply import Ending, ReplyEvent

COST_HEADER: Final = b"x-litellm-response-cost"

# As Python writes a float, and no longer: it becomes an exact decimal.
_AMOUNT: Final = re.compile(rb"[0-9]{1,9}(?:\.[0-9]{1,30})?(?:[eE]-[0-9]{1,2})?")


def priced(call: ChatCall, headers: Mapping[bytes, bytes], *, stream: bool) -> ChatCall:
    """Return `call` with the cost in the headers of its response, itself if that is no cost.

    A stream's headers come before anything is counted, so a cost of 0 says nothing there.
    """
    value = headers[COST_HEADER]
    if not _AMOUNT.fullmatch(value) or (stream and not float(value)):
        return call
    return PricedCall(call, value.decode())


class PricedCall:
    """A `ChatCall` whose cost was reported before its reply."""

    __slots__ = ("_call", "_cost")

    def __init__(self, call: ChatCall, cost: str) -> None:
        self._call = call
        self._cost = cost

    async def receive(self) -> list[ReplyEvent]:
        """Return the events of the call; see `ChatCall`. The `Ending` gets the cost."""
        events = await self._call.receive()
        if events and isinstance(ending := events[-1], Ending) and ending.cost is None:
            events[-1] = msgspec.structs.replace(ending, cost=self._cost)
        return events

    async def aclose(self) -> None:
        """End the call; see `ChatCall`."""
        await self._call.aclose()

    def __repr__(self) -> str:
        return f"<PricedCall {self._call!r}>"
