"""One watched file: what was last reported, and whether that has changed."""

import time
from enum import Enum, auto
from pathlib import Path

from aircherd.config.watcher.content import Content, read_content
from aircherd.config.watcher.link_chain import Glance, LinkChain, follow
from aircherd.config.watcher.settling import Settling

RACY_SECONDS = 2.5
"""A file that was written this shortly before it was read may change without getting a new time."""


class State(Enum):
    """What a look at a file showed."""

    SAME = auto()
    CHANGING = auto()
    CHANGED = auto()
    RESTORED = auto()
    """It changed, but has the content of the last report again."""


class WatchedFile:
    """Compares a file with what was last reported.

    The first content counts as a change: the file may have changed since its owner read it.
    `steady_at` is the time of the last look before it began to change.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chain = LinkChain()
        self.steady_at = 0.0
        self._content: Content | None = None
        self._settling: Settling | None = None
        self._is_racy = False

    @property
    def is_steady(self) -> bool:
        """Whether there is nothing to do until the facts change."""
        return self._settling is None and not self._is_racy

    def look(self, now: float, glance: Glance | None = None) -> State:
        """Look at the file; `now` is a monotonic time. Blocks as long as the disk does.

        After CHANGING, look again soon. `glance` shares what was looked up at this moment.
        """
        self._observe(now, glance or Glance())
        if self._settling is None and not self._is_racy:
            return State.SAME
        if self._settling is not None and not self._settling.may_read(now):
            return State.CHANGING
        content = read_content(self.path)
        self._observe(now, Glance())  # it may have changed while it was read
        settling = self._settling
        if settling is not None and not settling.may_report(now, is_empty=content.is_empty):
            return State.CHANGING
        was_moving, self._settling = settling is not None, None
        self._is_racy = abs(time.time() - self.chain.changed_at) < RACY_SECONDS
        if content == self._content:
            return State.RESTORED if was_moving else State.SAME
        self._content = content
        return State.CHANGED

    def has_moved(self) -> bool:
        """Return whether anything changed on the way to the file since the last look."""
        return not self.chain.still_holds(Glance())

    def _observe(self, now: float, glance: Glance) -> None:
        if not self.chain.still_holds(glance):
            chain = follow(self.path)
            has_changed, self.chain = chain.facts != self.chain.facts, chain
        else:
            has_changed = False
        if not has_changed:
            if self._settling is None:
                self.steady_at = now
            return
        if self._settling is None:
            self._settling = Settling(now)
        self._settling.note_change(now)

    def __repr__(self) -> str:
        return f"<WatchedFile {self.path}>"
