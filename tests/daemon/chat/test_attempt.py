"""One call: its record, what the client is told of it, and what it teaches."""

import math

import pytest
import trio

from aircherd.chat.attempt import ProviderAttempt
from aircherd.chat.caller import Caller
from aircherd.errors import AircherError
from aircherd.events import EventBus
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.attempt import Attempt, AttemptDelta
from aircherd.vocabulary.chat import ChatRequest, Message, Requirements
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, ReasoningDelta, TextDelta, Usage, UsageDelta
from helpers.chat import CONFIG, DONE, A, Chats, FakeProviderClient, Unsent, failed

CANDIDATE = Candidate(A, Model(id="m"), None)
CALLER = Caller("test", "proj")


class Made:
    """One call with this script, and all that came of it."""

    def __init__(self, script, **request):
        self.bus, self.events, self.sent = EventBus(), [], []
        self.chats = Chats(FakeProviderClient(a=[script]), bus=self.bus)
        services = self.chats.controller.services
        charge = services.accounting.begin(CANDIDATE, CALLER, Requirements())
        target = services.routes.target(CANDIDATE, CONFIG)
        self.call = ProviderAttempt(services, target, None, charge, CALLER)
        self.request = ChatRequest(messages=[Message("user", "q")], **request)
        self.services = services

    async def make(self, deadline=math.inf, send=None):
        with self.bus.subscribed(("attempt",), self.events.append):
            return await self.call.run(self.request, send or self._send, deadline)

    async def _send(self, deltas):
        self.sent += deltas

    @property
    def outcomes(self):
        """By the record, the event and the ledger: they agree."""
        (settled,) = self.chats.ledger.settled.values()
        (event,) = self.events
        return [self.call.record.outcome, event.data["outcome"], settled.outcome]


async def test_a_call_that_came_to_its_end(autojump_clock):
    """Nothing is wrong, and the reply is whole."""
    made = Made((1.5, [DONE]))
    assert await made.make() is None
    assert made.call.record == Attempt(provider="a", model="m", outcome="ok", ms=1500)
    assert made.call.reply.text() == "hi"
    assert made.sent == DONE
    assert made.outcomes == ["ok"] * 3


async def test_a_call_that_failed(autojump_clock):
    """The failure goes back, and the client is told why and after how long."""
    error = failed(FailureClass.OVERLOADED, "no room")
    made = Made((0.25, error))
    assert await made.make() is error.failure
    assert made.call.record == Attempt(
        provider="a", model="m", outcome="overloaded", ms=250, status=500, message="no room"
    )
    sent = AttemptDelta(provider="a", model="m", outcome="overloaded", ms=250, message="no room")
    assert made.sent == [sent]
    assert made.outcomes == ["overloaded"] * 3


@pytest.mark.parametrize(
    ("deadline", "outcome"), [(math.inf, "cancelled"), (5.0, "cancelled"), (1.0, "timeout")]
)
async def test_a_call_that_was_cut_off_is_recorded_all_the_same(autojump_clock, deadline, outcome):
    """At the deadline it was a timeout, before that the client's wish."""
    made = Made([100])
    with trio.move_on_after(1):
        await made.make(deadline)
    assert made.outcomes == [outcome] * 3
    assert made.chats.provider_client.closed == 1


async def test_our_own_trouble_is_raised():
    """No other candidate would fare better."""
    made = Made(AircherError("out of files"))
    with pytest.raises(AircherError):
        await made.make()
    assert made.outcomes == ["internal"] * 3


async def test_a_mistake_of_ours_is_recorded_as_one():
    """Nobody cancelled it, and nobody is billed for it."""
    made = Made(Unsent(KeyError("ours")))
    with pytest.raises(KeyError):
        await made.make()
    assert made.outcomes == ["internal"] * 3
    assert not made.call.was_sent


async def test_what_was_not_sent_costs_nothing(autojump_clock):
    """A connection that does not come about in time is none that can be billed."""
    made = Made(Unsent(failed(FailureClass.TIMEOUT, "no connection")))
    await made.make()
    (settled,) = made.chats.ledger.settled.values()
    assert (settled.outcome, settled.cost_nano, settled.tokens_estimated) == ("timeout", 0, False)


async def test_who_wants_the_result_only_is_told_nothing():
    """The reply is gathered as always."""
    made = Made([DONE], stream=False)
    await made.make()
    assert (made.sent, made.call.reply.text()) == ([], "hi")


async def test_of_the_counts_before_the_first_output_the_latest_is_told():
    """With it, not before."""
    counts = [UsageDelta(Usage(n)) for n in (1, 2)]
    made = Made([[counts[0]], [counts[1]], [TextDelta("x")], [Ending("stop")]])
    await made.make()
    assert made.sent == [counts[1], TextDelta("x"), Ending("stop")]


@pytest.mark.parametrize("piece", [TextDelta("x"), ReasoningDelta("hm")])
async def test_its_speed_is_the_time_to_the_first_piece(autojump_clock, piece):
    """Not to a sign of life, nor to the counts; and what follows changes nothing."""
    made = Made([1, [UsageDelta(Usage(1))], 2, [piece], 4, [Ending("stop")]])
    await made.make()
    assert made.services.latency.latency_of("a", "m") == 3.0
    assert [row.first_ms for row in made.chats.ledger.settled.values()] == [3000]


async def test_without_any_piece_there_is_no_speed(autojump_clock):
    """A failure is not quick."""
    made = Made([1, failed(FailureClass.NETWORK)])
    await made.make()
    assert made.services.latency.latency_of("a", "m") is None
    assert [row.first_ms for row in made.chats.ledger.settled.values()] == [None]


async def test_the_event_says_who_asked():
    """The client and its project; the key's name where there is one."""
    made = Made([DONE])
    await made.make()
    data = made.events[0].data
    assert (data["client"], data["project"], data["provider"]) == ("test", "proj", "a")
    assert "key" not in data
