"""One call: its record, the deltas for the client, and its latency."""

import math
import weakref

import pytest
import trio

from aircherd.chat.attempt import ProviderAttempt
from aircherd.chat.caller import Caller
from aircherd.errors import AircherError
from aircherd.events import EventBus
from aircherd.memory.request_memory import uncounted
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.attempt import Attempt
from aircherd.vocabulary.chat import ChatRequest, Message, Requirements
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import (
    AttemptDelta,
    Ending,
    ReasoningDelta,
    TextDelta,
    Usage,
    UsageDelta,
)
from helpers.chat import CONFIG, DONE, A, Chats, FakeProviderClient, Unsent, failed

CANDIDATE = Candidate(A, Model(id="m"), None)
CALLER = Caller("test", "proj")


class Made:
    """One call with this script, and its results."""

    def __init__(self, script, **request):
        self.bus, self.events, self.sent = EventBus(), [], []
        self.chats = Chats(FakeProviderClient(a=[script]), bus=self.bus)
        services = self.chats.controller.services
        charge = services.accounting.begin(CANDIDATE, CALLER, Requirements())
        target = services.routes.target(CANDIDATE, CONFIG)
        self.memory = uncounted()
        self.call = ProviderAttempt(services, target, None, charge, CALLER, memory=self.memory)
        self.request = ChatRequest(messages=[Message("user", "q")], **request)
        self.services = services

    async def make(self, deadline=math.inf, send=None):
        with self.bus.subscribed(("attempt",), self.events.append):
            return await self.call.run(self.request, send or self._send, deadline)

    async def _send(self, deltas):
        self.sent += deltas

    @property
    def outcomes(self):
        """Return the outcomes in the record, the event and the ledger: they agree."""
        (settled,) = self.chats.ledger.settled.values()
        (event,) = self.events
        return [self.call.record.outcome, event.data["outcome"], settled.outcome]


async def test_successful_call(autojump_clock):
    """There is no failure, and the reply is complete."""
    made = Made((1.5, [DONE]))
    assert await made.make() is None
    assert made.call.record == Attempt(provider="a", model="m", outcome="ok", ms=1500)
    assert made.call.reply.text() == "hi"
    assert made.sent == DONE
    assert made.outcomes == ["ok"] * 3


async def test_failed_call(autojump_clock):
    """The failure is returned, and the client sees the reason and the duration."""
    error = failed(FailureClass.OVERLOADED, "no room")
    made = Made((0.25, error))
    assert await made.make() is error.failure
    assert made.call.record == Attempt(
        provider="a", model="m", outcome="overloaded", ms=250, status=500, message="no room"
    )
    latest = made.services.last_failures.of("a")
    assert (latest["outcome"], latest["message"]) == ("overloaded", "no room")
    sent = AttemptDelta(provider="a", model="m", outcome="overloaded", ms=250, message="no room")
    assert made.sent == [sent]
    assert made.outcomes == ["overloaded"] * 3


@pytest.mark.parametrize(
    ("deadline", "outcome"), [(math.inf, "cancelled"), (5.0, "cancelled"), (1.0, "timeout")]
)
async def test_cancelled_call_is_recorded(autojump_clock, deadline, outcome):
    """After the deadline it is a timeout, before it a cancellation by the client."""
    made = Made([100])
    with trio.move_on_after(1):
        await made.make(deadline)
    assert made.outcomes == [outcome] * 3
    assert made.chats.provider_client.closed == 1


async def test_internal_error_is_raised():
    """No other candidate would work either."""
    made = Made(AircherError("out of files"))
    with pytest.raises(AircherError):
        await made.make()
    assert made.outcomes == ["internal"] * 3


async def test_crash_is_recorded_as_internal():
    """It is neither a cancellation nor billed."""
    made = Made(Unsent(KeyError("ours")))
    with pytest.raises(KeyError):
        await made.make()
    assert made.outcomes == ["internal"] * 3
    assert not made.call.was_sent


async def test_unsent_call_costs_nothing(autojump_clock):
    """A connection that times out cannot be billed."""
    made = Made(Unsent(failed(FailureClass.TIMEOUT, "no connection")))
    await made.make()
    (settled,) = made.chats.ledger.settled.values()
    assert (settled.outcome, settled.cost_nano, settled.tokens_estimated) == ("timeout", 0, False)


async def test_call_without_streaming_sends_nothing():
    """The reply is still collected."""
    made = Made([DONE], stream=False)
    await made.make()
    assert (made.sent, made.call.reply.text()) == ([], "hi")


async def test_latest_count_is_sent_with_the_first_output():
    """Earlier counts are dropped."""
    counts = [UsageDelta(Usage(n)) for n in (1, 2)]
    made = Made([[counts[0]], [counts[1]], [TextDelta("x")], [Ending("stop")]])
    await made.make()
    assert made.sent == [counts[1], TextDelta("x"), Ending("stop")]


class Batch(list):
    """Events of one read, which can be referred to weakly."""


async def test_events_are_not_kept_while_they_are_sent():
    """Hundreds of streams may wait for a client that does not read."""
    are_kept = []

    async def send(deltas):
        found = weakref.ref(deltas)
        del deltas
        await trio.lowlevel.checkpoint()
        are_kept.append(found() is not None)

    await Made([Batch([TextDelta("x")]), Batch([Ending("stop")])]).make(send=send)
    assert are_kept == [False, False]


@pytest.mark.parametrize("piece", [TextDelta("x"), ReasoningDelta("hm")])
async def test_latency_is_the_time_to_the_first_output(autojump_clock, piece):
    """Neither empty reads and counts nor later output matter."""
    made = Made([1, [UsageDelta(Usage(1))], 2, [piece], 4, [Ending("stop")]])
    await made.make()
    assert made.services.latency.latency_of("a", "m") == 3.0
    assert [row.first_ms for row in made.chats.ledger.settled.values()] == [3000]


async def test_call_without_output_has_no_latency(autojump_clock):
    """A fast failure is not a fast model."""
    made = Made([1, failed(FailureClass.NETWORK)])
    await made.make()
    assert made.services.latency.latency_of("a", "m") is None
    assert [row.first_ms for row in made.chats.ledger.settled.values()] == [None]


async def test_event_names_the_client():
    """It has the client, its project, and the key's name if there is one."""
    made = Made([DONE])
    await made.make()
    data = made.events[0].data
    assert (data["client"], data["project"], data["provider"]) == ("test", "proj", "a")
    assert "key" not in data
