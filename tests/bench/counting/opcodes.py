"""Counts executed bytecodes, by code object and by the owner of the task.

Every frame is traced opcode by opcode, which is about fifty times slower but does not change the
count. A task is identified by its root: the coroutine that trio's loop resumes.
"""

import sys
import threading
from collections import Counter
from collections.abc import Callable
from inspect import CO_COROUTINE
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

LOOP = "unrolled_run"
"""The function of trio that resumes tasks."""
ROOTS = ("/site-packages/", "/daemon/", "/clients/", "/tests/", f"/python3.{sys.version_info[1]}/")

Trace = Callable[[FrameType, str, Any], Any]


class Count:
    """How often the instructions of one code object ran, on one side."""

    __slots__ = ("code", "entered", "ran", "side")

    def __init__(self, code: CodeType, side: str) -> None:
        self.code = code
        self.side = side
        self.ran = 0
        self.entered = 0

    @property
    def module(self) -> str:
        """The file, relative to its import folder."""
        path = self.code.co_filename
        for root in ROOTS:
            _, found, inside = path.rpartition(root)
            if found:
                return inside
        return Path(path).name

    @property
    def function(self) -> str:
        """File and name."""
        return f"{self.module} {self.code.co_qualname}"


class Opcodes:
    """Counts in the thread that enters it; `aside` is for other threads.

    `ours` is the folder of what is not the daemon's: tasks whose root lies in it are on the side
    "peers", all others on "daemon", and what runs outside of any task on "loop".
    """

    def __init__(self, ours: str) -> None:
        self._ours = ours
        self._side = "loop"
        # By id, because the hash of a code object covers its content. The count keeps it alive.
        self._found: dict[tuple[int, str], tuple[Count, Trace]] = {}
        self._aside = False
        self.steps: Counter[str] = Counter()

    @property
    def counts(self) -> list[Count]:
        """The counts so far."""
        return [count for count, _ in self._found.values()]

    def __enter__(self) -> None:
        """Start in the middle of a task's step."""
        frame: FrameType | None = sys._getframe(1)
        self._side = "peers"
        while frame is not None and frame.f_code.co_name != LOOP:
            frame.f_trace = self._enter(frame, "call", None)
            frame = frame.f_back
        if frame is not None:
            frame.f_trace = self._tracer(frame, "loop")
        sys.settrace(self._enter)

    def __exit__(self, *crash: object) -> None:
        """Stop counting."""
        sys.settrace(None)

    def watch_threads(self) -> None:
        """Prepare to count in threads that start from now on."""
        threading.settrace(self._enter_aside)

    def aside(self, on: bool) -> None:
        """Count in these threads, or stop."""
        self._aside = on

    def _enter_aside(self, frame: FrameType, event: str, argument: Any) -> Trace | None:
        del event, argument
        if not self._aside:
            return None
        return self._tracer(frame, threading.current_thread().name)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Trace:
        """Handle a call, or a coroutine that continues."""
        del event, argument
        above, code = frame.f_back, frame.f_code
        if above is not None and above.f_code.co_name == LOOP and code.co_flags & CO_COROUTINE:
            self._side = "peers" if code.co_filename.startswith(self._ours) else "daemon"
            self.steps[self._side] += 1
            return self._root(frame)
        return self._tracer(frame)

    def _root(self, frame: FrameType) -> Trace:
        """Trace a task's root: when it yields, trio's loop continues."""
        inner = self._tracer(frame)

        def trace(frame: FrameType, event: str, argument: Any) -> Trace:
            inner(frame, event, argument)
            if event == "return":
                self._side = "loop"
            return trace

        return trace

    def _tracer(self, frame: FrameType, side: str | None = None) -> Trace:
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        side, code = side or self._side, frame.f_code
        found = self._found.get((id(code), side))
        if found is None:
            count = Count(code, side)
            found = self._found[id(code), side] = count, self._counting(count)
        return found[1]

    def _counting(self, count: Count) -> Trace:

        def trace(_frame: FrameType, event: str, _argument: Any) -> Trace:
            if event == "opcode":
                count.ran += 1
            elif event == "return":
                count.entered += 1
            return trace

        return trace
