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
from aircherd.vocabulary.reply import Ending, ReplyEvent, TextDelta, Usage, UsageDelta
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


def took(*events: ReplyEvent, outcome: str = "ok") -> Took:
    reply = Reply()
    reply.add(events)
    return Took(outcome=outcome, ms=1, first_ms=1, reply=reply)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (took(Ending("stop", Usage(1_000_000, 500_000), cost="0.5")), (Decimal("0.5"), "provider")),
        (took(Ending("stop", Usage(1_000_000, 500_000))), (Decimal(2), "catalog")),
        (took(Ending("stop", Usage(1, 1), cost="rubbish")), (Decimal("0.000003"), "catalog")),
        (took(Ending("stop")), (None, None)),
        (took(outcome="rate_limited"), (Decimal(0), None)),
        (took(TextDelta("half"), outcome="truncated"), (None, None)),
        (took(outcome="timeout"), (None, None)),
        (took(outcome="cancelled"), (None, None)),
        (took(UsageDelta(Usage(1_000_000)), outcome="cancelled"), (Decimal(1), "catalog")),
    ],
)
def test_what_a_call_cost(given, expected):
    """The provider's word, else the catalogue's; nothing for an error; unknown if cut off."""
    assert cost_of(CANDIDATE, given) == expected


@pytest.mark.parametrize("text", [None, "", "free", "nan", "inf", "-1", "1e400", "9" * 40])
def test_a_cost_that_cannot_be_is_none(text):
    """A provider's rubbish breaks no bill."""
    assert told_cost(text) is None
