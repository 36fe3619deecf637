"""Passes a reply on to an HTTP client: the provider's own bytes, or the events to translate.

Nothing is sent before the reply has begun, so another provider can still answer. From then on none
can, because the client cannot drop what it has: thinking neither.
"""

from collections.abc import Callable

from aircherd.chat.caller import Delta, Send
from aircherd.chat.replies.reply import Reply
from aircherd.memory.budget import SMALL
from aircherd.memory.request_memory import RequestMemory
from aircherd.providers.streaming_call import ChatCall
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.verbatim import VerbatimDelta


async def pass_on(
    call: ChatCall,
    reply: Reply,
    passage: Passage,
    send: Send,
    *,
    memory: RequestMemory,
    note: Callable[[], None],
) -> None:
    """Send a stream until its end; `note` is called until it has begun.

    Raises:
        ProviderFailed: the call failed, or the reply broke off.
        Busy: what is held back is more than the client's share of memory.
    """
    held: list[ReplyEvent] = []
    counted = 0
    has_head = is_verbatim = False
    try:
        while reply.ending is None:
            events = await call.receive()
            reply.add(events)
            if not has_head:
                note()
            if (size := passage.size) > SMALL or counted:
                memory.grow(size - counted)
                counted = size
            if not has_head and (reply.is_empty or not (reply.has_begun or reply.ending)):
                held = events[-1:]  # the latest count is enough
                continue
            if not has_head:
                has_head = reply.was_sent = True
                is_verbatim = passage.passes_on(stream=True)
                if is_verbatim:
                    await send((passage.head,))
            if is_verbatim:
                if data := passage.take(whole=reply.ending is not None):
                    await send((VerbatimDelta(data),))
            else:
                deltas: list[Delta] = [*held, *events]
                held = []
                await send(deltas)
    finally:
        if counted:
            memory.shrink(counted)


async def pass_whole(reply: Reply, passage: Passage, send: Send) -> None:
    """Send a reply in one piece, if its bytes are what was asked for: else it is translated.

    A reply with nothing in it is not sent: another provider may have more to say.
    """
    if not reply.is_empty and passage.passes_on(stream=False):
        reply.was_sent = True
        await send((passage.head, VerbatimDelta(passage.take_whole())))
