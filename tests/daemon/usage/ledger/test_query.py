"""A question for another thread."""

import threading

import pytest
import trio
from structlog.testing import capture_logs

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.database import FileTrouble
from aircherd.usage.ledger.query import LedgerQuery


async def answered(work):
    """Have a question carried out in another thread."""
    question = LedgerQuery(work)
    threading.Thread(target=question.run).start()
    with trio.fail_after(10):
        await question.done.wait()
    return question


async def test_the_answer_comes_back():
    """Also if it is nothing."""
    assert (await answered(lambda: 7)).answer() == 7
    assert (await answered(lambda: None)).answer() is None


async def test_trouble_with_the_file_is_told_in_its_words():
    """They are made for people."""

    def fail():
        raise FileTrouble("the disk is full")

    with pytest.raises(LedgerUnavailable, match="the ledger cannot be read: the disk is full"):
        (await answered(fail)).answer()


async def test_a_fault_of_ours_is_told_and_logged_without_its_words():
    """They may hold what was read."""

    def fail():
        raise KeyError("a prompt")

    with capture_logs() as logs:
        question = await answered(fail)
    with pytest.raises(LedgerUnavailable, match=r"KeyError in") as caught:
        question.answer()
    assert [entry["event"] for entry in logs] == ["ledger question failed"]
    assert "a prompt" not in f"{logs} {caught.value}"


async def test_who_does_not_wait_any_more_costs_nothing():
    """The work is not done."""
    asked = []
    question = LedgerQuery(lambda: asked.append(1))
    question.is_wanted = False
    question.run()
    assert asked == []


async def test_a_refused_question_says_why():
    """Nobody waits for ever."""
    question = LedgerQuery(lambda: 7)
    question.refuse("the ledger is closed")
    await question.done.wait()
    with pytest.raises(LedgerUnavailable, match="is closed"):
        question.answer()
