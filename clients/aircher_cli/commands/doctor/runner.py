"""Runs checks at the same time, in threads, and leaves behind those that hang."""

import threading
import time
from collections.abc import Callable, Mapping

from aircher_cli.commands.doctor.finding import PROBLEM, Finding

Check = Callable[[], list[Finding]]

NOTICE_AFTER_SECONDS = 1.0
"""When `on_wait` is called with the names of the checks that are not done."""


def run_checks(
    checks: Mapping[str, Check], seconds: float, on_wait: Callable[[list[str]], None]
) -> list[Finding]:
    """Return the findings of all checks in their order, after at most `seconds`.

    A check that does not end by then is a problem itself. So is one that fails, which is our own
    mistake: its name and its error say enough for a report.
    """
    running = {name: _Running(name, check) for name, check in checks.items()}
    began, has_noticed = time.monotonic(), False
    while waiting := [name for name, each in running.items() if each.thread.is_alive()]:
        passed = time.monotonic() - began
        if passed >= seconds:
            break
        if passed >= NOTICE_AFTER_SECONDS and not has_noticed:
            has_noticed = True
            on_wait(waiting)
        limit = seconds if has_noticed else NOTICE_AFTER_SECONDS
        running[waiting[0]].thread.join(min(max(0.01, limit - passed), seconds - passed))
    return [finding for each in running.values() for finding in each.findings(seconds)]


class _Running:
    """One check in its thread, which ends with the process if it hangs."""

    def __init__(self, name: str, check: Check) -> None:
        self._name = name
        self._check = check
        self._found: list[Finding] | None = None
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._found = self._check()
        # A check meets every kind of broken system; the others must still be shown.
        except Exception as error:  # noqa: BLE001
            message = f"this check failed: {type(error).__name__}: {error}"
            self._found = [Finding(self._name, PROBLEM, message)]

    def findings(self, seconds: float) -> list[Finding]:
        found = self._found
        if found is None:
            message = f"this check was not done after {seconds:g} s: what it looks at hangs"
            return [Finding(self._name, PROBLEM, message)]
        return found
