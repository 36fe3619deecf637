"""Limits and ledger rows of calls, however they end."""

from datetime import UTC
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from aircherd.chat.accounting import UsageAccounting, produced_output
from aircherd.chat.caller import Caller
from aircherd.chat.replies.reply import Reply
from aircherd.config.load import parse_config
from aircherd.config.model import Config, Limit
from aircherd.events import EventBus
from aircherd.routing.candidate import Candidate
from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.replay import read_replayed_usage
from aircherd.usage.ledger.rows import LedgerEntry
from aircherd.usage.ledger.write_queue import WriteQueue
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.vocabulary.availability import Limited
from aircherd.vocabulary.chat import Requirements
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model, Prices, Rates
from aircherd.vocabulary.reply import Ending, TextDelta, Usage, UsageDelta
from aircherd.vocabulary.usage import Settled, Started
from helpers.chat import CONFIG, DONE, A, Chats, FakeLedger, FakeProviderClient, failed
from helpers.ledger.attempts import NOW


def priced(input_price: str, output_price: str) -> Model:
    rates = Rates(input=Decimal(input_price), output=Decimal(output_price))
    return Model(id="m", prices=Prices(rates=rates))


PRICED = priced("1", "2")
CANDIDATE = Candidate(A, PRICED, "default")
ROUTER = Candidate(msgspec.structs.replace(A, kind="openrouter"), PRICED, "default")
IMPRECISE = Candidate(A, priced("1." + "0" * 39 + "1", "0"), "default")
WITHOUT_NUMBERS = Candidate(A, priced("NaN", "0"), "default")
UNPRICED = Candidate(A, Model(id="m"), "default")
COUNTS = st.integers(0, 2 * 10**8)
USAGES = st.builds(Usage, COUNTS, COUNTS)
COSTS = st.sampled_from([None, "0", "0.5", "rubbish"])


CALLER = Caller("test")


def accounting_of(ledger, *limits: Limit) -> UsageAccounting:
    tracker = LimitTracker(lambda: NOW, UTC)
    tracker.configure(limits)
    return UsageAccounting(ledger, tracker, EventBus())


def reply_of(*events: object) -> Reply:
    reply = Reply()
    reply.add(events)
    return reply


def settle(candidate: Candidate, outcome: str, *events: object) -> tuple[Settled, str | None]:
    """Settle a call with an estimate of 10 + 100 tokens; return its row and its cost."""
    ledger = FakeLedger()
    requirements = Requirements(input_tokens=10, output_tokens=100)
    charge = accounting_of(ledger).begin(candidate, CALLER, requirements)
    cost = charge.settle(outcome, 1, None, reply_of(*events))
    return ledger.settled[charge.id], cost


def limited(text: str) -> Config:
    return msgspec.structs.replace(
        CONFIG,
        limits=parse_config(
            '[providers.a]\nkind = "openai"\nbase_url = "http://localhost:1"\nauth = "none"\n'
            + text,
            file="f",
        ).limits,
    )


async def test_every_attempt_has_a_ledger_row():
    """The failed one and the successful one."""
    chats = Chats(FakeProviderClient(a=[failed(FailureClass.SERVER)], b=[[DONE]]))
    await chats.ask()
    assert [(row.provider, row.client, row.project) for row in chats.ledger.begun] == [
        ("a", "test", "proj"),
        ("b", "test", "proj"),
    ]
    assert [row.outcome for row in chats.ledger.settled.values()] == ["provider_error", "ok"]
    assert chats.ledger.settled[0].cost_nano == 0
    assert chats.ledger.settled[1].usage == Usage(3, 1)


async def test_a_cancelled_call_is_settled_as_estimated(autojump_clock):
    """The provider does not report what it produced before."""
    chats = Chats(FakeProviderClient(a=[[[TextDelta("half")], 1000]]))
    with trio.move_on_after(5):
        await chats.ask(max_tokens=700)
    (settled,) = chats.ledger.settled.values()
    (begun,) = chats.ledger.begun
    assert (settled.outcome, settled.tokens_estimated) == ("cancelled", True)
    assert settled.usage == Usage(begun.input_estimate, 700)
    assert (settled.cost_nano, settled.cost_estimated) == (None, False)  # there is no price
    assert chats.limits.statistics()["open"] == 0


KNOWN, TOKENS, BOTH = (False, False), (True, False), (True, True)


@pytest.mark.parametrize(
    ("outcome", "events", "usage", "nano", "estimated"),
    [
        ("ok", [Ending("stop", Usage(3, 1))], Usage(3, 1), 5_000, KNOWN),
        ("ok", [Ending("stop")], Usage(10, 100), 210_000, BOTH),
        ("ok", [Ending("stop", Usage(3, 10**9))], Usage(10, 100), 210_000, BOTH),
        ("timeout", [], Usage(10, 100), 210_000, BOTH),
        # Counts during the call are a minimum.
        ("cancelled", [UsageDelta(Usage(30, 1))], Usage(30, 100), 230_000, BOTH),
        ("truncated", [TextDelta("x"), UsageDelta(Usage(3, 500))], Usage(3, 500), 1_003_000, BOTH),
        ("overloaded", [UsageDelta(Usage(30, 1))], Usage(30, 1), 32_000, (False, True)),
        ("rate_limited", [], None, 0, KNOWN),
    ],
)
def test_unreported_usage_is_estimated_and_marked(outcome, events, usage, nano, estimated):
    """A call that produced nothing is free."""
    settled, _ = settle(CANDIDATE, outcome, *events)
    assert (settled.usage, settled.cost_nano) == (usage, nano)
    assert (settled.tokens_estimated, settled.cost_estimated) == estimated


@pytest.mark.parametrize(
    ("asked", "most", "output"),
    [(0, None, 512), (100, None, 100), (9000, 4096, 4096), (0, 256, 256), (100, 4096, 100)],
)
async def test_expected_output_is_bounded_by_the_model(asked, most, output):
    """The request's maximum if it has one, else the estimate."""
    accounting = Chats(FakeProviderClient()).controller.services.accounting
    model, requirements = Model(id="m", max_output=most), Requirements(output_tokens=asked)
    assert accounting.expected_output("a", model, requirements) == output


def test_a_reported_cost_is_not_an_estimate():
    """Even if token counts are missing."""
    settled, cost = settle(ROUTER, "ok", Ending("stop", cost="0.5"))
    assert cost == "0.5"
    assert (settled.usage, settled.cost_nano) == (Usage(10, 100), 500_000_000)
    assert (settled.tokens_estimated, settled.cost_estimated) == TOKENS


DONE_SMALL = [TextDelta("hi"), Ending("stop", Usage(10, 10))]


@given(
    outcome=st.sampled_from(["ok", "cancelled", "timeout", "truncated", "overloaded", "network"]),
    ending=st.none() | st.builds(Ending, st.just("stop"), st.none() | USAGES, cost=COSTS),
    reported=st.none() | USAGES,
    is_priced=st.booleans(),
)
def test_limits_count_the_same_after_a_restart(outcome, ending, reported, is_priced):
    """The ledger row has the usage that was counted, whatever the outcome."""
    reply = reply_of(*([UsageDelta(reported)] if reported else []), *([ending] if ending else []))
    candidate = CANDIDATE if is_priced else UNPRICED
    limits = [Limit(per="day", requests=9, tokens=10**12)]
    limits += [Limit(per="day", usd=Decimal(10**6))] * is_priced
    with TemporaryDirectory() as folder:
        file = LedgerDatabase(Path(folder, "ledger.db"), clock=lambda: NOW, tz=UTC)
        before, after = (LimitTracker(lambda: NOW, UTC) for _ in range(2))
        before.configure(limits)
        writer = WritesThrough(file)
        accounting = UsageAccounting(writer, before, EventBus())
        charge = accounting.begin(candidate, CALLER, Requirements(input_tokens=10))
        charge.settle(outcome, 1, None, reply)
        after.configure(limits)
        (past,) = after.missing_history
        rows = file.read(lambda c: read_replayed_usage(c, since=past.since, now=NOW, tz=UTC))
        after.restore(past, rows)
        file.close()
    assert [status.used for status in after.status()] == [status.used for status in before.status()]


class WritesThrough:
    """A ledger without a thread."""

    def __init__(self, file: LedgerDatabase) -> None:
        self._file = file
        self.queue = WriteQueue(lambda _waiting: None, lambda _error: None)

    async def wait_until_saved(self) -> None:
        """Return at once."""

    def begin(self, started: Started) -> None:
        self._file.write([LedgerEntry(1, started, None)], first_id=1)

    def settle(self, started: Started, settled: Settled) -> None:
        self._file.write([LedgerEntry(1, started, settled)], first_id=1)


async def test_a_limit_lets_the_next_provider_serve():
    """The skipped one is reported."""
    config = limited('[[limits]]\nprovider = "a"\nrequests = 1\nper = "day"\n')
    chats = Chats(FakeProviderClient(a=[[DONE]], b=[[DONE]]), config=config)
    await chats.ask()
    result = await chats.ask()
    assert result.provider == "b"
    assert [(skip.provider, skip.reason) for skip in result.skipped] == [("a", "limit_reached")]


async def test_no_reservation_stays_open():
    """After replies, failures and internal errors."""
    config = limited('[[limits]]\ntokens = 1000000\nper = "day"\n')
    chats = Chats(
        FakeProviderClient(
            a=[failed(FailureClass.RATE)], b=[[[TextDelta("x")], failed(FailureClass.SERVER)]]
        ),
        config=config,
    )
    await chats.ask()
    assert chats.limits.statistics()["open"] == 0
    assert [status.reserved for status in chats.limits.status()] == [0]


MILLION = Usage(1_000_000, 500_000)


@pytest.mark.parametrize(
    ("candidate", "ending", "expected"),
    [
        (ROUTER, Ending("stop", MILLION, cost="0.5"), ("0.5", "provider")),
        (CANDIDATE, Ending("stop", MILLION, cost="0"), ("2", "catalog")),
        (UNPRICED, Ending("stop", MILLION, cost="0.5"), ("0.5", "provider")),
        (ROUTER, Ending("stop", MILLION, cost="rubbish"), ("2", "catalog")),
        (IMPRECISE, Ending("stop", MILLION), (f"1.{'0' * 39}1", "catalog")),
        (WITHOUT_NUMBERS, Ending("stop", MILLION), (None, None)),
        (CANDIDATE, Ending("stop"), (None, None)),
        (UNPRICED, Ending("stop", MILLION), (None, None)),
    ],
)
def test_the_cost_of_a_call_and_its_source(candidate, ending, expected):
    """OpenRouter's report, else the catalog, else the provider's report."""
    settled, cost = settle(candidate, "ok", ending)
    assert (cost, settled.cost_source) == expected


@pytest.mark.parametrize(
    ("events", "outcome", "is_producing"),
    [
        ([], "rate_limited", False),
        ([], "network", False),
        ([], "cancelled", True),
        ([], "timeout", True),
        ([TextDelta("half")], "truncated", True),
        ([UsageDelta(Usage(9))], "provider_error", False),
        ([], "ok", True),
    ],
)
def test_a_cut_off_call_produced_output(events, outcome, is_producing):
    """A timeout or a cancellation is billed by the provider."""
    assert produced_output(outcome, reply_of(*events), was_sent=True) is is_producing


async def test_a_timeout_counts_as_estimated(autojump_clock):
    """Otherwise retries could exceed a limit forever."""
    config = limited('[[limits]]\ntokens = 1000000\nper = "day"\n')
    chats = Chats(FakeProviderClient(a=[[1000]]), config=config)
    await chats.ask(timeout=5, stream=False, max_tokens=700)
    (status,) = chats.limits.status()
    assert status.used >= 700


@pytest.mark.parametrize("tokens", [10**8 + 1, 2**53 - 1])
async def test_implausible_counts_do_not_exhaust_a_limit(tokens):
    """The estimate counts instead, and nothing stays reserved."""
    config = limited('[[limits]]\ntokens = 1000000\nper = "day"\n')
    answer = [TextDelta("hi"), Ending("stop", Usage(3, tokens))]
    chats = Chats(FakeProviderClient(a=[[answer]]), config=config)
    result = await chats.ask(max_tokens=50)
    assert (result.provider, chats.limits.statistics()["open"]) == ("a", 0)
    (status,) = chats.limits.status()
    assert status.used < 100


# ------------------------------------------------------------------ what calls really use


LIMITED = Limit(per="day", tokens=100_000)
ASKED = Requirements(input_tokens=100, output_tokens=100)


def begin(accounting: UsageAccounting, asked: Requirements = ASKED):
    return accounting.begin(CANDIDATE, CALLER, asked)


def end(charge, usage: Usage) -> None:
    charge.settle("ok", 1, None, reply_of(Ending("stop", usage)))


def test_few_calls_are_out_while_their_use_is_unknown():
    """Then as many as what is known leaves room for."""
    accounting = accounting_of(FakeLedger(), LIMITED)
    charges = [begin(accounting) for _ in range(6)]
    assert [isinstance(charge, Limited) for charge in charges] == [False] * 5 + [True]
    assert charges[5].is_pending
    end(charges[0], Usage(100, 100))
    assert not isinstance(begin(accounting), Limited)


def test_what_is_learned_is_reserved_for_calls_in_progress():
    """They will use it, too."""
    tracker = LimitTracker(lambda: NOW, UTC)
    tracker.configure([Limit(per="day", tokens=100_000)])
    accounting = UsageAccounting(FakeLedger(), tracker, EventBus())
    first, second = begin(accounting), begin(accounting)
    end(first, Usage(10_000, 1000))
    (status,) = tracker.status()
    assert (status.used, status.reserved) == (11_000, 22_000)  # with the margin of one call
    end(second, Usage(10_000, 1000))
    assert [(row.used, row.reserved) for row in tracker.status()] == [(22_000, 0)]


def test_a_call_that_was_cut_off_counts_as_such_calls_do():
    """High while that is unknown."""
    for known, expected in ((0, 4 * 200), (8, 2 * 200)):
        ledger = FakeLedger()
        accounting = accounting_of(ledger, LIMITED)
        for _ in range(known):
            end(begin(accounting), Usage(200, 200))
        charge = begin(accounting)
        charge.settle("cancelled", 1, None, reply_of(TextDelta("half")))
        usage = ledger.settled[charge.id].usage
        assert usage.input_tokens + usage.output_tokens == expected


# ------------------------------------------------------------------ waiting for calls in progress


async def test_requests_wait_for_calls_in_progress(autojump_clock):
    """One call is reserved at most; it leaves room for the next ones."""
    config = limited('[[limits]]\nprovider = "a"\ntokens = 250\nper = "day"\n')
    provider = FakeProviderClient(a=[[5, DONE_SMALL], [5, DONE_SMALL], [5, DONE_SMALL]])
    chats = Chats(provider, config=config)
    results = []

    async def ask() -> None:
        results.append(await chats.ask(model="a/m", max_tokens=100))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)
    assert [result.provider for result in results] == ["a"] * 3
    assert chats.controller.services.accounting.queue.is_empty


async def test_a_wait_for_calls_in_progress_ends(autojump_clock):
    """With the limit, and when to try again."""
    config = limited('[[limits]]\nprovider = "a"\ntokens = 250\nper = "day"\n')
    chats = Chats(FakeProviderClient(a=[[100, DONE_SMALL]]), config=config)
    results = []

    async def ask() -> None:
        results.append(await chats.ask(model="a/m", max_tokens=100))

    async with trio.open_nursery() as nursery:
        for _ in range(2):
            nursery.start_soon(ask)
    refused, answered = results
    assert answered.provider == "a"
    (skipped,) = refused.data["skipped"]
    assert "limit reserved by requests in progress" in skipped["message"]
    assert skipped["reason"] == "limit_reached"
    assert skipped["until"] is not None


async def test_another_provider_is_asked_before_anything_waits():
    """Although the first one might have room soon."""
    config = limited('[[limits]]\nprovider = "a"\nrequests = 1\nper = "day"\n')
    provider = FakeProviderClient(a=[[5, DONE_SMALL]], b=[[DONE]])
    chats = Chats(provider, config=config)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(chats.ask)
        await trio.testing.wait_all_tasks_blocked()
        assert (await chats.ask()).provider == "b"
        nursery.cancel_scope.cancel()


# ------------------------------------------------------------------ limits set meanwhile


def test_a_request_that_began_without_limits_counts_under_the_first_one():
    """It is reserved when the limit is set."""
    ledger = FakeLedger()
    tracker = LimitTracker(lambda: NOW, UTC)
    accounting = UsageAccounting(ledger, tracker, EventBus())
    charge = accounting.begin(CANDIDATE, CALLER, Requirements(input_tokens=10, output_tokens=100))
    tracker.configure([Limit(per="day", requests=9, tokens=1000)])
    assert [(row.used, row.reserved) for row in tracker.status()] == [(0, 1), (0, 110)]
    charge.settle("ok", 1, None, reply_of(Ending("stop", Usage(3, 1))))
    assert [(row.used, row.reserved) for row in tracker.status()] == [(1, 0), (4, 0)]


def test_a_request_keeps_its_reservation_when_limits_return():
    """It is not reserved twice."""
    tracker = LimitTracker(lambda: NOW, UTC)
    accounting = UsageAccounting(FakeLedger(), tracker, EventBus())
    limits = [Limit(per="day", requests=9)]
    tracker.configure(limits)
    charge = accounting.begin(CANDIDATE, CALLER, Requirements())
    for each in ([], limits):
        tracker.configure(each)
    assert [(row.used, row.reserved) for row in tracker.status()] == [(0, 1)]
    charge.settle("ok", 1, None, reply_of(Ending("stop", Usage(3, 1))))
    assert [(row.used, row.reserved) for row in tracker.status()] == [(1, 0)]


def test_without_limits_nothing_is_reserved():
    """The call only has its row in the ledger."""
    ledger = FakeLedger()
    charge = accounting_of(ledger).begin(CANDIDATE, CALLER, Requirements())
    assert charge.reservation is None
    assert (ledger.begun, repr(charge)) == ([charge], "<PendingCharge 0 of a/m>")
