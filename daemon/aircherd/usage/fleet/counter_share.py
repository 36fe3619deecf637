"""What this machine may use of one shared limit: its lease. Plain and synchronous.

    lease       what the engine holds for this machine, from the last answer
    spent       of that: reserved for calls in progress, and used since the report

        available = lease - reserved - used since - promised to requests that have waited

The engine keeps the sum of what all machines have used and hold below the maximum. So a request
that fits into the lease goes out without asking, and no other machine can use the same. A lease
counts until its window is over; then there is none until the next answer.
"""

import math

from aircherd.config.model import Amount
from aircherd.shared_state.base import CounterView
from aircherd.usage.fleet.outage import (
    Draws,
    FleetState,
    allowance_away,
    describe_outage,
    maximum_away,
)
from aircherd.usage.fleet.shared_window import SharedWindow
from aircherd.usage.fleet.turns import Turns
from aircherd.usage.limits.descriptions import describe_rounded

FRESH_SECONDS = 0.25
"""For so long after an answer there is no more room than it said."""


class CounterShare:
    """The lease of one counter. `reserved` is what calls in progress have reserved under it.

    - `view`: the last answer, None if there is none for this window.
    - `elsewhere`: what other machines held then.
    - `seen_at`: when it was asked for.
    - `lapses_at`: the steady time from which on the lease counts no more.
    - `promised`: what was kept for requests whose turn it is.
    - `refill_below`: ask for more when less is available.
    - `label`: the day or month of `view`.
    - `is_unread`: what was used before is not read from the ledger yet, so nothing is reported.
    - `is_unclaimed`: what an earlier run held is not known yet: see `claim`.
    - `is_whole_needed`: the engine does not know what this machine has used.
    - `lost_at`: when the engine was found to have lost everything.
    - `sure_rest`: what was left when the engine knew what all machines had used, less what it may
      have granted since; None if that is not known. `sure_at` is when it was asked for.
    - `refused`: what a request needed for which the fleet seemed to have no room; 0: none.
    """

    __slots__ = (
        "drained",
        "drained_since",
        "drawn_at",
        "draws",
        "elsewhere",
        "is_unclaimed",
        "is_unread",
        "is_whole_needed",
        "label",
        "lapses_at",
        "lease",
        "lost_at",
        "maximum",
        "name",
        "refill_below",
        "refused",
        "reserved_before",
        "seen_at",
        "speed",
        "state",
        "sure_at",
        "sure_rest",
        "turns",
        "typical",
        "view",
        "window",
    )

    def __init__(self, window: SharedWindow, state: FleetState) -> None:
        self.window = window
        self.state = state
        self.name = ""
        self.maximum = 0
        self.lease = 0
        self.lapses_at = -math.inf
        self.view: CounterView | None = None
        self.label = ""
        self.elsewhere = 0
        self.seen_at = -math.inf
        self.turns = Turns()
        self.is_unread = False
        self.is_unclaimed = True
        self.draws = Draws()
        self.is_whole_needed = True
        self.refill_below = 0
        self.refused = 0
        self.lost_at = -math.inf
        self.sure_rest: int | None = None
        self.sure_at = -math.inf
        # How fast it is used: see `lease_plan`.
        self.typical = 1
        self.drawn_at = -math.inf
        self.speed = 0.0
        self.drained = 0
        self.drained_since = -math.inf
        self.reserved_before = 0

    # -------------------------------------------------------------- requests

    def available(self, now: float, reserved: int) -> int:
        """Return what a request may reserve without asking the engine; negative: overdrawn."""
        state = self.state
        spent = reserved + self.window.unreported + self.turns.promised
        if now < self.lapses_at and self.label == self.window.bucket.label:
            if state.away_since is None:
                if not self.is_unread:
                    return self.lease - spent
                # While the ledger is read again, since the engine's time was another than was
                # thought, nothing is reported: as without the engine.
                return allowance_away(state, lease=self.lease, rest=self.rest) - spent
            rest = self.rest - self.draws.unseen(state.away_since, state.parts)
            return allowance_away(state, lease=self.lease, rest=rest) - spent
        if not (state.is_away or self.is_unread):
            return -spent
        most = maximum_away(state, self.maximum)
        return most - self.window.used - reserved - self.turns.promised

    def room(self, now: float, reserved: int) -> int:
        """Return what may be reserved as the fleet was last seen, by this machine or another.

        It may have to be asked for. Without the engine there is only what is available.
        """
        if self.state.is_away or self.is_unread:
            return self.available(now, reserved)
        if now >= self.lapses_at or self.label != self.window.bucket.label:
            return self.maximum - self.window.used - reserved - self.turns.promised
        room = self.rest + self.available(now, reserved)
        if now - self.seen_at < FRESH_SECONDS:
            return room
        # Others may have given back what they had leased: the engine is asked before it is said
        # that there is none.
        return max(room, self.maximum - self.window.used - reserved - self.turns.promised)

    def is_cut_off(self, now: float, reserved: int) -> bool:
        """Whether the engine is away and nothing is left without it, calls in progress apart."""
        return self.state.is_away and self.available(now, reserved) + reserved <= 0

    @property
    def is_current(self) -> bool:
        """Whether the last answer is for this day or month."""
        return self.view is not None and self.label == self.window.bucket.label

    @property
    def rest(self) -> int:
        """What no machine had used or held when the engine was last asked."""
        view = self.view
        return 0 if view is None else self.maximum - view.used - view.held

    def known_rest(self, now: float) -> int | None:
        """Return what is left of `sure_rest`, None if that is not known or of another window.

        Others have been granted something since the last answer.
        """
        is_current = now < self.lapses_at and self.label == self.window.bucket.label
        if self.sure_rest is None or self.view is None or not is_current:
            return None
        return self.sure_rest - self.draws.unseen(now, max(self.state.machines, 1))

    @property
    def is_filling(self) -> bool:
        """Whether the engine does not know yet what all machines have used: it was flushed."""
        return self.is_whole_needed or (self.view is not None and self.view.is_learning)

    @property
    def used(self) -> int:
        """What all machines have used, as far as it is known here."""
        if self.view is None or not self.is_current:
            return self.window.used
        return max(self.view.used + self.window.unreported, self.window.used)

    def note_reserved(self, amount: int, now: float, reserved: int) -> bool:
        """Note that a request has reserved `amount`; return whether the lease runs low."""
        self.drawn_at = now
        self.typical = amount
        return self.available(now, reserved) < self.refill_below

    def frees_at(self, now: float, amount: int, reserved: int) -> float | None:
        """Return when there is room for `amount`, if nothing else is used.

        None: as soon as the engine answers, since without it nothing is granted.
        """
        view, state = self.view, self.state
        fits = self.used + reserved + amount <= self.maximum
        if fits and state.is_away and state.on_outage == "refuse":
            return None
        if view is not None and view.frees_at is not None:
            return max(self.window.clock.steady_at(view.frees_at), now)
        return self.window.frees_at(now, self.used + reserved + amount - self.maximum)

    def describe(self, kind: Amount) -> list[str]:
        """Return what a refusal says about the fleet."""
        parts = []
        if self.elsewhere:
            parts.append(f"{describe_rounded(kind, self.elsewhere)} leased by other machines")
        if self.state.is_away:
            parts.append(describe_outage(self.state))
        return parts

    # -------------------------------------------------------------- reports

    def lease_at(self, now: float) -> int:
        """Return what the engine holds for this machine, 0 when it counts no more."""
        is_current = now < self.lapses_at and self.label == self.window.bucket.label
        return self.lease if is_current else 0

    def hold(self, held: int) -> None:
        """Let the lease be `held` from now on, without what was used since the last report.

        Called when a report is made: nothing that is given back can be used any more.
        """
        self.lease = held + self.window.unreported

    def take_answer(
        self, view: CounterView, *, held: int, reported: int, lapses_at: float, sent_at: float
    ) -> None:
        """Take over the answer to a report.

        Args:
            view: the answer.
            held: what was reported as held.
            reported: what the report counted of `unreported`.
            lapses_at: until when it holds.
            sent_at: when the report was made.
        """
        self.view, self.label = view, self.window.bucket.label
        self.is_whole_needed = view.wants_whole
        if not view.is_learning:
            self.sure_rest, self.sure_at = self.rest, sent_at
        elif self.sure_rest is not None:
            machines = max(self.state.machines, 1)
            # A flushed engine gives each machine its part: others may have got as much.
            self.sure_rest -= self.draws.unseen(sent_at, machines) + view.granted * machines
        self.draws.note(view.used + view.held, view.granted, sent_at)
        self.window.unreported -= reported
        self.lease = held + view.granted
        self.elsewhere = max(view.held - self.lease, 0)
        self.lapses_at = lapses_at

    def claim(self, seen: int, now: float) -> int:
        """Count what an earlier run may have used without a trace in the ledger; return it.

        `seen` is what it had reported and held, as the engine knows it. A daemon that is killed has
        not written what it used last, but that was within what it held.
        """
        self.is_unclaimed = False
        lost = max(seen - self.window.used_or_just_over(), 0)
        self.window.add(now, lost)
        return lost

    def forget(self) -> None:
        """Forget what was used: it is read again from the ledger, and reported as a whole."""
        self.window.clear()
        self.is_whole_needed = True

    def lapse(self) -> None:
        """Forget the lease and what was seen: another window has begun."""
        self.lease, self.elsewhere = 0, 0
        self.lapses_at, self.view, self.sure_rest = -math.inf, None, None
        self.draws = Draws()

    def __repr__(self) -> str:
        return f"<CounterShare {self.lease} leased, {self.window!r}>"
