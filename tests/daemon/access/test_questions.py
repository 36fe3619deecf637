"""Questions to the user: asked, joined, answered once, and bounded."""

from functools import partial

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.access.questions import ELSEWHERE, MAX_OF_CLIENT, PAUSE, TIMEOUT, Questions
from aircherd.errors import BadRequest, Busy, Forbidden
from aircherd.events import EventBus

ASKED = {"client": "nvim", "program": "/usr/bin/nvim", "pid": 7, "action": "store a key"}


class Rig:
    """Questions with a listener; `outcomes` has how each `ask` ended, `noted` what was noted."""

    def __init__(self, *, listens=True, desktop=None):
        self.bus = EventBus()
        self.events = []
        self.outcomes = []
        if listens:
            self.bus.subscribe(("confirm",), lambda event: self.events.append(event.data))
        self.noted = []
        self.questions = Questions(
            self.bus,
            clock=trio.current_time,
            desktop=desktop,
            note=lambda question: self.noted.append((question.outcome, question.answered_by)),
        )

    async def ask(self, **changes):
        try:
            self.outcomes.append(await self.questions.ask(**{**ASKED, **changes}))
        except Forbidden as error:
            if "no answer in time" not in error.message:
                raise
            self.outcomes.append("no answer")


class Desktop:
    """A desktop that answers after some seconds; `ended` has the questions that it asked."""

    may_ask = True

    def __init__(self, answer="allowed", after=3.0):
        self.answer = answer
        self.after = after
        self.ended = []

    async def ask(self, question, seconds):
        try:
            await trio.sleep(self.after)
        finally:
            self.ended.append(question["number"])
        return self.answer


@pytest.mark.parametrize("allow", [True, False])
async def test_the_answer_decides(autojump_clock, allow):
    """Listeners learn of the question, and of its outcome."""
    rig = Rig()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.ask)
        await wait_all_tasks_blocked()
        assert rig.events == rig.questions.rows()
        assert {**rig.events[0], "until": 0} == {**ASKED, "number": 1, "until": 0}
        rig.questions.answer(1, allow=allow, pid=8)
    assert rig.outcomes == [allow]
    assert rig.events[1]["outcome"] == ("allowed" if allow else "refused")
    assert rig.questions.rows() == []


async def test_no_answer_is_a_no(autojump_clock):
    """After its time."""
    rig = Rig()
    began = trio.current_time()
    await rig.ask()
    assert trio.current_time() - began == pytest.approx(TIMEOUT)
    assert rig.outcomes == ["no answer"]
    assert rig.events[-1]["outcome"] == "timed_out"


async def test_nothing_listens(autojump_clock):
    """It is refused at once, and the message says how to be asked."""
    rig = Rig(listens=False)
    with pytest.raises(Forbidden, match="aircher-cli confirm") as caught:
        await rig.ask()
    assert "client 'nvim' (/usr/bin/nvim, process 7) may store a key" in caught.value.message
    assert trio.current_time() == 0.0


async def test_the_first_answer_wins(autojump_clock):
    """A second one is an error for the client that gives it."""
    rig = Rig()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.ask)
        await wait_all_tasks_blocked()
        rig.questions.answer(1, allow=False, pid=8)
        with pytest.raises(BadRequest, match="no question 1"):
            rig.questions.answer(1, allow=True, pid=9)
    assert rig.outcomes == [False]


async def test_an_unknown_process_cannot_answer_one(autojump_clock):
    """They may be the same: in another container, a process has no number here."""
    rig = Rig()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(rig.ask, pid=None))
        await wait_all_tasks_blocked()
        for unknown in (None, 0):
            with pytest.raises(Forbidden, match="may be the one that asks"):
                rig.questions.answer(1, allow=True, pid=unknown)
        rig.questions.answer(1, allow=True, pid=9)
    assert rig.outcomes == [True]


async def test_the_asking_process_cannot_answer(autojump_clock):
    """Nor a process that is unknown as another one's."""
    rig = Rig()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.ask)
        await wait_all_tasks_blocked()
        with pytest.raises(Forbidden, match="its own question"):
            rig.questions.answer(1, allow=True, pid=7)
    assert rig.outcomes == ["no answer"]


async def test_the_same_question_is_asked_once(autojump_clock):
    """And answered for all; one that leaves does not end it for the others."""
    rig = Rig()
    async with trio.open_nursery() as nursery:
        leaving = trio.CancelScope()

        async def ask_and_leave():
            with leaving:
                await rig.ask()

        nursery.start_soon(ask_and_leave)
        nursery.start_soon(rig.ask)
        nursery.start_soon(rig.ask)
        await wait_all_tasks_blocked()
        leaving.cancel()
        await wait_all_tasks_blocked()
        assert len(rig.events) == 1
        rig.questions.answer(1, allow=True, pid=8)
    assert rig.outcomes == [True, True]


async def test_a_question_of_a_client_that_is_gone_ends(autojump_clock):
    """The terminal learns of it."""
    rig = Rig()
    with trio.move_on_after(1):
        await rig.ask()
    assert rig.events[-1]["outcome"] == "cancelled"
    assert rig.questions.rows() == []


async def test_one_process_cannot_flood_the_terminal(autojump_clock):
    """Another process can still ask."""
    rig = Rig()
    async with trio.open_nursery() as nursery:
        for number in range(MAX_OF_CLIENT):
            nursery.start_soon(lambda n=number: rig.ask(action=f"do {n}"))
        await wait_all_tasks_blocked()
        with pytest.raises(Busy):
            await rig.ask(action="do more")
        nursery.start_soon(lambda: rig.ask(pid=8))
        await wait_all_tasks_blocked()
        assert len(rig.questions.rows()) == MAX_OF_CLIENT + 1


async def test_a_name_cannot_imitate_a_question(autojump_clock):
    """The asking client chose it."""
    rig = Rig()
    with trio.move_on_after(1):
        await rig.ask(client="a\n\x1b[2J" + "b" * 500)
    assert rig.events[0]["client"].startswith("a??[2Jbbb")
    assert len(rig.events[0]["client"]) == 200


async def test_a_question_is_not_asked_again_right_after_a_no(autojump_clock):
    """Another one is; so is the same one later."""
    rig = Rig()

    async def refuse(number, **changes):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(rig.ask, **changes))
            await wait_all_tasks_blocked()
            rig.questions.answer(number, allow=False, pid=8)

    await refuse(1)
    await rig.ask()
    assert (rig.outcomes, len(rig.events)) == ([False, False], 2)
    await refuse(2, action="remove keys")
    await trio.sleep(PAUSE)
    await refuse(3)


async def test_another_name_is_no_way_around_a_no(autojump_clock):
    """A process, or all of another machine behind a forward, can call itself anything."""
    rig = Rig()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.ask)
        await wait_all_tasks_blocked()
        rig.questions.answer(1, allow=False, pid=8)
    for number in range(5):
        await rig.ask(client=f"vim{number}@buildbox")
    assert (rig.outcomes, len(rig.events)) == ([False] * 6, 2)
    with trio.move_on_after(1):  # another process
        await rig.ask(client="vim@buildbox", pid=9)
    assert len(rig.events) > 2


async def ask_with(rig, answer_at=None):
    """Ask, with a desktop; a terminal allows it at a time."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rig.questions.run)
        await wait_all_tasks_blocked()

        async def answer():
            await trio.sleep(answer_at)
            rig.questions.answer(1, allow=True, pid=8)

        if answer_at is not None:
            nursery.start_soon(answer)
        await rig.ask()
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("listens", [True, False])
@pytest.mark.parametrize("answer", ["allowed", "refused"])
async def test_the_desktop_answers(autojump_clock, answer, listens):
    """Also while no terminal listens."""
    rig = Rig(listens=listens, desktop=Desktop(answer))
    await ask_with(rig)
    assert rig.outcomes == [answer == "allowed"]
    assert rig.noted == [(None, None), (answer, "desktop")]


async def test_the_terminal_is_faster(autojump_clock):
    """The question on the desktop ends, and its answer does not count."""
    desktop = Desktop("refused")
    rig = Rig(desktop=desktop)
    await ask_with(rig, answer_at=1.0)
    assert (rig.outcomes, desktop.ended) == ([True], [1])
    assert trio.current_time() == 1.0
    assert rig.noted[-1] == ("allowed", "terminal")


async def test_no_answer_on_the_desktop_is_a_no(autojump_clock):
    """The notification is closed then."""
    desktop = Desktop(after=TIMEOUT + 1)
    rig = Rig(listens=False, desktop=desktop)
    await ask_with(rig)
    assert (rig.outcomes, desktop.ended) == (["no answer"], [1])
    assert rig.noted[-1] == ("timed_out", None)


async def test_a_desktop_that_is_absent(autojump_clock):
    """A terminal may still answer; without one the question is refused at once."""
    rig = Rig(desktop=Desktop("absent", after=0.1))
    await ask_with(rig, answer_at=1.0)
    assert rig.outcomes == [True]
    rig = Rig(listens=False, desktop=Desktop("absent", after=0.1))
    began = trio.current_time()
    with pytest.RaisesGroup(pytest.RaisesExc(Forbidden, match="aircher-cli confirm")):
        await ask_with(rig)
    assert trio.current_time() - began == pytest.approx(0.1)
    switched_off = Desktop()
    switched_off.may_ask = False
    with pytest.RaisesGroup(Forbidden):
        await ask_with(Rig(listens=False, desktop=switched_off))
    assert switched_off.ended == []


async def test_the_process_that_forwards_is_not_named(autojump_clock) -> None:
    """It does not ask; its path is of no use where the client is, and the answer goes there."""
    rig = Rig(listens=False)
    asked = {"client": "vim@box", "program": ELSEWHERE, "pid": 7, "action": "use aircher"}
    with pytest.raises(Forbidden) as caught:
        await rig.questions.ask(**asked)
    assert caught.value.message.startswith("client 'vim@box' may use aircher only if you confirm")
    assert "in a terminal of the daemon's machine" in caught.value.message

    rig = Rig()
    await rig.ask(**asked)
    assert ("pid" in rig.events[0], "program" in rig.events[0]) == (False, False)
    assert rig.outcomes == ["no answer"]
