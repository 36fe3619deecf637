"""Questions to the user, each answered once: by a terminal, by the desktop, or in time by neither.

    ask ──> event "confirm", notification ──> first answer ──> event "confirm" with the outcome
     │           no client listens to that topic, and no desktop can ask: refused at once
     ├─ the same question again while it waits: the same answer
     └─ the same question again within `PAUSE` after a no, also if the process calls itself
        something else: no, without asking

An answer counts for the question only. What is remembered for a client is for the caller to decide:
`ask` knows no connection.
"""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import trio

from aircher_wire.methods import CONFIRM as TOPIC
from aircherd.config.model import ClientRights
from aircherd.errors import BadRequest, Busy, Forbidden
from aircherd.events import EventBus

TIMEOUT = 30.0
"""Seconds until a question without an answer counts as refused."""
MAX_WAITING = 32
"""Questions at a time."""
MAX_OF_CLIENT = 4
"""Those of one process among them: a client must not flood the terminal that answers."""
PAUSE = 10.0
"""Seconds after a no in which the same question is not asked again: it could be asked forever."""
MAX_SHOWN = 200
"""Characters of a name in a question: the asking client may choose it."""

ELSEWHERE = ""
"""The program of a client on another machine. Its process is the one that forwards, which is not
named in a question: it says nothing of who asks, and is of no use on that machine."""

Outcome = Literal["allowed", "refused", "timed_out", "cancelled"]
DesktopAnswer = Literal["allowed", "refused", "absent"]
Asked = tuple[str, str | None, int | None, str]
"""Client, program, process and action: what makes two questions the same."""


class Desktop(Protocol):
    """Asks the user besides the terminals: `desktop.notifier`."""

    @property
    def may_ask(self) -> bool:
        """Whether it is worth trying."""

    async def ask(self, question: Mapping[str, object], seconds: float) -> DesktopAnswer:
        """Ask until answered or cancelled; `absent` if there is no desktop, or it went away."""


class Question:
    """A question that waits. `until` is a Unix time.

    `answered_by` is `terminal` or `desktop` once it has been answered. `desktop` ends the asking
    there. Without a desktop and a terminal, it `has_no_answerer`.
    """

    def __init__(self, number: int, asked: Asked, until: float) -> None:
        self.number = number
        self.asked = asked
        self.until = until
        self.outcome: Outcome | None = None
        self.answered = trio.Event()
        self.answered_by: str | None = None
        self.desktop = trio.CancelScope()
        self.has_no_answerer = False
        self.waiting = 0

    def to_wire(self) -> dict[str, object]:
        """Return the row for clients."""
        client, program, pid, action = self.asked
        if program == ELSEWHERE:
            program = pid = None
        row: dict[str, object] = {
            "number": self.number,
            "client": client,
            "program": program,
            "pid": pid,
            "action": action,
            "until": self.until,
            "outcome": self.outcome,
        }
        return {name: value for name, value in row.items() if value is not None}

    def __repr__(self) -> str:
        return f"<Question {self.number} {self.outcome or 'waiting'}>"


class Questions:
    """The questions of a daemon.

    Args:
        bus: where terminals listen.
        timeout: returns how many seconds a question waits.
        clock: returns the Unix time.
        desktop: asks, too; None for terminals only.
        note: is called with each question when it is asked, and when it has ended.

    `first_uses` is for gates: the clients on other machines that the user has let in.
    """

    def __init__(
        self,
        bus: EventBus,
        *,
        timeout: Callable[[], float] = lambda: TIMEOUT,
        clock: Callable[[], float] = time.time,
        desktop: Desktop | None = None,
        note: Callable[[Question], None] = lambda _: None,
    ) -> None:
        self._bus = bus
        self._timeout = timeout
        self._clock = clock
        self._desktop = desktop
        self._note = note
        self.first_uses: set[tuple[str, ClientRights]] = set()
        self._nursery: trio.Nursery | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Question] = {}
        self._refused: dict[Asked, float] = {}  # the Unix time of the user's no

    async def run(self) -> None:
        """Ask on the desktop, too, as long as this runs; never returns."""
        async with trio.open_nursery() as self._nursery:
            await trio.sleep_forever()

    async def ask(self, *, client: str, program: str | None, pid: int | None, action: str) -> bool:
        """Return whether the user lets a client do something.

        Args:
            client: the name that it gave itself.
            program: the path of its program, None if unknown, `ELSEWHERE` on another machine.
            pid: its process, None if unknown; that of the forward for one on another machine.
            action: what it wants to do, such as "store a key".

        Raises:
            Forbidden: nothing listens that could ask the user, or there was no answer in time.
            Busy: too many questions wait.
        """
        asked = (_shown(client), _shown(program) if program else program, pid, action)
        if self._was_refused(asked):
            return False
        question = self._find(asked) or self._begin(asked)
        question.waiting += 1
        try:
            with trio.move_on_after(max(0.0, question.until - self._clock())):
                await question.answered.wait()
            self._end(question, "timed_out")
        finally:
            question.waiting -= 1
            if not question.waiting:
                self._end(question, "cancelled")
        if question.outcome == "timed_out":
            why = "only if you confirm it, and there was no answer in time"
            raise Forbidden(f"{_who(asked)} may {action} {why}", action=action)
        if question.has_no_answerer:
            raise _without_answerer(asked)
        return question.outcome == "allowed"

    def answer(self, number: int, *, allow: bool, pid: int | None) -> None:
        """Answer a question. The first answer counts. `pid` is the process that answers.

        Raises:
            BadRequest: there is no such question, or it has been answered.
            Forbidden: the process that asks cannot answer.
        """
        question = self._waiting.get(number)
        if question is None:
            raise BadRequest(f"there is no question {number}: it was answered, or its time is over")
        if (pid or None) == question.asked[2]:
            raise Forbidden(
                "a client cannot answer its own question"
                if pid
                else "the process that answers may be the one that asks: answer in "
                "a terminal outside of its container"
            )
        question.answered_by = "terminal"
        self._end(question, "allowed" if allow else "refused")

    def rows(self) -> list[dict[str, object]]:
        """Return the questions that wait, the oldest first."""
        return [question.to_wire() for question in self._waiting.values()]

    # -------------------------------------------------------------- internal

    def _was_refused(self, asked: Asked) -> bool:
        if self._refused:
            now = self._clock()
            for each, at in tuple(self._refused.items()):
                if not 0 <= now - at < PAUSE:
                    del self._refused[each]
        if not asked[2]:  # an unknown process may be another one
            return asked in self._refused
        # Its name is its own word: with another one it would ask again at once.
        return any(each[1:] == asked[1:] for each in self._refused)

    def _find(self, asked: Asked) -> Question | None:
        if not asked[2]:  # an unknown process may be another one
            return None
        return next((each for each in self._waiting.values() if each.asked == asked), None)

    def _begin(self, asked: Asked) -> Question:
        desktop = self._desktop if self._nursery and self._desktop else None
        if desktop is not None and not desktop.may_ask:
            desktop = None
        if desktop is None and not self._bus.has_subscribers(TOPIC):
            raise _without_answerer(asked)
        same = sum(each.asked[2] == asked[2] for each in self._waiting.values())
        if same >= MAX_OF_CLIENT or len(self._waiting) >= MAX_WAITING:
            raise Busy(
                f"{_who(asked)} may {asked[3]} only if you confirm it, and other questions wait"
            )
        seconds = self._timeout()
        question = Question(next(self._numbers), asked, self._clock() + seconds)
        self._waiting[question.number] = question
        self._note(question)
        self._bus.publish(TOPIC, question.to_wire())
        if desktop is not None:
            assert self._nursery is not None
            self._nursery.start_soon(self._ask_desktop, desktop, question, seconds)
        return question

    async def _ask_desktop(self, desktop: Desktop, question: Question, seconds: float) -> None:
        answer: DesktopAnswer = "absent"
        with question.desktop:
            answer = await desktop.ask(question.to_wire(), seconds)
        if question.outcome is not None:
            return
        if answer != "absent":
            question.answered_by = "desktop"
            self._end(question, answer)
        elif not self._bus.has_subscribers(TOPIC):
            question.has_no_answerer = True
            self._end(question, "refused")

    def _end(self, question: Question, outcome: Outcome) -> None:
        if question.outcome is not None:
            return
        question.outcome = outcome
        if question.answered_by and outcome == "refused":
            self._refused[question.asked] = self._clock()
        del self._waiting[question.number]
        question.answered.set()
        question.desktop.cancel()
        self._note(question)
        self._bus.publish(TOPIC, question.to_wire())

    def __repr__(self) -> str:
        return f"<Questions, {len(self._waiting)} waiting>"


def _who(asked: Asked) -> str:
    client, program, pid, _ = asked
    where = f" ({program or 'unknown program'}, process {pid})" if pid else ""
    if program == ELSEWHERE:
        where = ""
    return f"client {client!r}{where}"


def _without_answerer(asked: Asked) -> Forbidden:
    where = "terminal of the daemon's machine" if asked[1] == ELSEWHERE else "terminal"
    return Forbidden(
        f"{_who(asked)} may {asked[3]} only if you confirm it: run 'aircher-cli confirm' in a "
        f"{where}, which asks you, and try again",
        action=asked[3],
    )


def _shown(name: str) -> str:
    """Return a name without what could imitate the rest of a question."""
    printable = "".join(char if char.isprintable() else "?" for char in name)
    return printable[:MAX_SHOWN]
