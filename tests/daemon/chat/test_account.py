"""What a call may use and has used: limits and ledger, told however the call ends."""

from decimal import Decimal

import msgspec
import pytest
import trio

from aircherd.chat.account import Took, cost_of, told_cost
from aircherd.chat.reply import Reply
from aircherd.config.load import parse_config
from aircherd.config.model import Config
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model, Prices, Rates
from aircherd.vocabulary.reply import Ending, TextDelta, Usage, UsageDelta
from helpers.chat import CONFIG, DONE, A, Chats, FakePool, failed

PRICED = Model(id="m", prices=Prices(rates=Rates(input=Decimal(1), output=Decimal(2))))
CANDIDATE = Candidate(A, PRICED, "default")


def limited(text: str) -> Config:
    return msgspec.structs.replace(
        CONFIG,
        limits=parse_config(
            '[providers.a]\nkind = "openai"\nbase_url = "http://localhost:1"\nauth = "none"\n'
            + text,
            file="f",
        ).limits,
    )


async def test_every_attempt_has_its_row():
    """Begun before it is sent, settled after: the one that failed and the one that answered."""
    chats = Chats(FakePool(a=[failed(FailureClass.SERVER)], b=[[DONE]]))
    await chats.ask()
    assert [(row.provider, row.client, row.project) for row in chats.ledger.begun] == [
        ("a", "test", "proj"),
        ("b", "test", "proj"),
    ]
    assert [row.outcome for row in chats.ledger.settled.values()] == ["provider_error", "ok"]
    assert chats.ledger.settled[0].cost_nano == 0
    assert chats.ledger.settled[1].usage == Usage(3, 1)


async def test_a_cancelled_call_is_settled_and_its_cost_unknown(autojump_clock):
    """Nobody says what a provider made of it before it was cut off."""
    chats = Chats(FakePool(a=[[[TextDelta("half")], 1000]]))
    with trio.move_on_after(5):
        await chats.ask()
    (settled,) = chats.ledger.settled.values()
    assert (settled.outcome, settled.cost_nano, settled.usage) == ("cancelled", None, None)
    assert chats.limits.statistics()["open"] == 0


async def test_a_limit_lets_the_next_provider_serve():
    """And says which one it was."""
    config = limited('[[limits]]\nprovider = "a"\nrequests = 1\nper = "day"\n')
    chats = Chats(FakePool(a=[[DONE]], b=[[DONE]]), config=config)
    await chats.ask()
    result = await chats.ask()
    assert result.provider == "b"
    assert [(skip.provider, skip.reason) for skip in result.skipped] == [("a", "limit_reached")]


async def test_nothing_stays_reserved_whatever_happens():
    """Answers, failures and our own trouble alike."""
    config = limited('[[limits]]\ntokens = 1000000\nper = "day"\n')
    chats = Chats(
        FakePool(
            a=[failed(FailureClass.RATE)], b=[[[TextDelta("x")], failed(FailureClass.SERVER)]]
        ),
        config=config,
    )
    await chats.ask()
    assert chats.limits.statistics()["open"] == 0
    assert [status.reserved for status in chats.limits.status()] == [0]


ROUTER = Candidate(msgspec.structs.replace(A, kind="openrouter"), PRICED, "default")
UNPRICED = Candidate(A, Model(id="m"), "default")
MILLION = Usage(1_000_000, 500_000)


@pytest.mark.parametrize(
    ("candidate", "ending", "expected"),
    [
        (ROUTER, Ending("stop", MILLION, cost="0.5"), (Decimal("0.5"), "provider")),
        (CANDIDATE, Ending("stop", MILLION, cost="0"), (Decimal(2), "catalog")),
        (UNPRICED, Ending("stop", MILLION, cost="0.5"), (Decimal("0.5"), "provider")),
        (ROUTER, Ending("stop", MILLION, cost="rubbish"), (Decimal(2), "catalog")),
        (CANDIDATE, Ending("stop"), (None, None)),
        (UNPRICED, Ending("stop", MILLION), (None, None)),
    ],
)
def test_what_a_call_cost(candidate, ending, expected):
    """OpenRouter's word, else the catalogue's; a server's own where nobody knows better."""
    assert cost_of(candidate, ending, ending.usage) == expected


@pytest.mark.parametrize(
    ("events", "outcome", "fruitless"),
    [
        ([], "rate_limited", True),
        ([], "network", True),
        ([], "cancelled", False),
        ([], "timeout", False),
        ([TextDelta("half")], "truncated", False),
        ([UsageDelta(Usage(9))], "provider_error", False),
        ([], "ok", False),
    ],
)
def test_what_was_worked_on_counts_though_nothing_was_seen_of_it(events, outcome, fruitless):
    """A deadline or a cancellation gives no money back: the provider was at work."""
    reply = Reply()
    reply.add(events)
    assert Took(outcome=outcome, ms=1, first_ms=None, reply=reply).was_fruitless is fruitless


async def test_a_request_cut_off_by_its_deadline_counts_as_estimated(autojump_clock):
    """Or retries on a timeout would spend for ever under a limit."""
    config = limited('[[limits]]\ntokens = 1000000\nper = "day"\n')
    chats = Chats(FakePool(a=[[1000]]), config=config)
    await chats.ask(timeout=5, stream=False, max_tokens=700)
    (status,) = chats.limits.status()
    assert status.used >= 700


@pytest.mark.parametrize("tokens", [10**8 + 1, 2**53 - 1])
async def test_counts_that_cannot_be_true_close_no_limit(tokens):
    """What was reserved stands for them, and nothing stays reserved."""
    config = limited('[[limits]]\ntokens = 1000000\nper = "day"\n')
    answer = [TextDelta("hi"), Ending("stop", Usage(3, tokens))]
    chats = Chats(FakePool(a=[[answer]]), config=config)
    result = await chats.ask(max_tokens=50)
    assert (result.provider, chats.limits.statistics()["open"]) == ("a", 0)
    (status,) = chats.limits.status()
    assert status.used < 100


@pytest.mark.parametrize("text", [None, "", "free", "nan", "inf", "-1", "1e400", "9" * 40])
def test_a_cost_that_cannot_be_is_none(text):
    """A provider's rubbish breaks no bill."""
    assert told_cost(text) is None
