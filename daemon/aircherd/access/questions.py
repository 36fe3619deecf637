"""Questions to the user, each answered once: by a terminal, or by its time-out with a no.

    ask ──> event "confirm" ──> answer ──> event "confirm" with the outcome
     │           no client listens to that topic: refused at once, with what to do
     ├─ the same question again while it waits: the same answer
     └─ the same question again within `PAUSE` after a no: no, without asking

An answer counts for the question only. What is remembered for a client is for the caller to decide:
`ask` knows no connection.
"""

import itertools
import time
from collections.abc import Callable
from typing import Literal

import trio

from aircher_wire.methods import CONFIRM as TOPIC
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

Outcome = Literal["allowed", "refused", "timed_out", "cancelled"]
Asked = tuple[str, str | None, int | None, str]
"""Client, program, process and action: what makes two questions the same."""


class Question:
    """A question that waits. `until` is a Unix time."""

    def __init__(self, number: int, asked: Asked, until: float) -> None:
        self.number = number
        self.asked = asked
        self.until = until
        self.outcome: Outcome | None = None
        self.answered = trio.Event()
        self.waiting = 0

    def to_wire(self) -> dict[str, object]:
        """Return the row for clients."""
        client, program, pid, action = self.asked
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
    """The questions of a daemon. `clock` returns the Unix time."""

    def __init__(
        self,
        bus: EventBus,
        *,
        timeout: Callable[[], float] = lambda: TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bus = bus
        self._timeout = timeout
        self._clock = clock
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Question] = {}
        self._refused: dict[Asked, float] = {}  # the Unix time of the user's no

    async def ask(self, *, client: str, program: str | None, pid: int | None, action: str) -> bool:
        """Return whether the user lets a client do something.

        Args:
            client: the name that it gave itself.
            program: the path of its program, None if unknown.
            pid: its process, None if unknown.
            action: what it wants to do, such as "store a key".

        Raises:
            Forbidden: nothing listens that could ask the user, or there was no answer in time.
            Busy: too many questions wait.
        """
        asked = (_shown(client), _shown(program) if program else None, pid, action)
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
            raise Forbidden(f"{_who(asked)} may {action} {why}")
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
        self._end(question, "allowed" if allow else "refused")
        if not allow:
            self._refused[question.asked] = self._clock()

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
        return asked in self._refused

    def _find(self, asked: Asked) -> Question | None:
        if not asked[2]:  # an unknown process may be another one
            return None
        return next((each for each in self._waiting.values() if each.asked == asked), None)

    def _begin(self, asked: Asked) -> Question:
        who, pid, action = _who(asked), asked[2], asked[3]
        if not self._bus.has_subscribers(TOPIC):
            raise Forbidden(
                f"{who} may {action} only if you confirm it: run 'aircher-cli confirm' in a "
                "terminal, which asks you, and try again"
            )
        same = sum(each.asked[2] == pid for each in self._waiting.values())
        if same >= MAX_OF_CLIENT or len(self._waiting) >= MAX_WAITING:
            raise Busy(f"{who} may {action} only if you confirm it, and other questions wait")
        question = Question(next(self._numbers), asked, self._clock() + self._timeout())
        self._waiting[question.number] = question
        self._bus.publish(TOPIC, question.to_wire())
        return question

    def _end(self, question: Question, outcome: Outcome) -> None:
        if question.outcome is not None:
            return
        question.outcome = outcome
        del self._waiting[question.number]
        question.answered.set()
        self._bus.publish(TOPIC, question.to_wire())

    def __repr__(self) -> str:
        return f"<Questions, {len(self._waiting)} waiting>"


def _who(asked: Asked) -> str:
    client, program, pid, _ = asked
    where = f" ({program or 'unknown program'}, process {pid})" if pid else ""
    return f"client {client!r}{where}"


def _shown(name: str) -> str:
    """Return a name without what could imitate the rest of a question."""
    printable = "".join(char if char.isprintable() else "?" for char in name)
    return printable[:MAX_SHOWN]
