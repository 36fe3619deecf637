"""Running checks at the same time, each with a deadline."""

import threading

from aircher_cli.commands.doctor.finding import PROBLEM, Finding
from aircher_cli.commands.doctor.runner import run_checks

FINE = Finding("fine", "ok", "is fine")


def test_findings_come_in_the_order_of_the_checks() -> None:
    """Whichever is done first."""
    is_first_done = threading.Event()

    def slow() -> list[Finding]:
        is_first_done.wait(20)
        return [Finding("slow", "ok", "is done")]

    def fast() -> list[Finding]:
        is_first_done.set()
        return [FINE]

    found = run_checks({"slow": slow, "fast": fast}, 30, lambda _: None)
    assert [each.check for each in found] == ["slow", "fine"]


def test_check_that_hangs_is_left_behind_and_is_a_problem() -> None:
    """The other checks are shown; a notice names what is waited for."""
    never, noticed = threading.Event(), list[list[str]]()

    def hanging() -> list[Finding]:
        never.wait(60)
        return []

    found = run_checks({"disk": hanging, "fine": lambda: [FINE]}, 1.2, noticed.append)
    never.set()
    assert [(each.check, each.status) for each in found] == [("disk", PROBLEM), ("fine", "ok")]
    assert "not done after 1.2 s" in found[0].message
    assert noticed == [["disk"]]


def test_check_that_fails_is_a_problem() -> None:
    """It says how, and the others go on."""

    def failing() -> list[Finding]:
        raise OSError(5, "Input/output error")

    found = run_checks({"disk": failing, "fine": lambda: [FINE]}, 30, lambda _: None)
    assert [(each.check, each.status) for each in found] == [("disk", PROBLEM), ("fine", "ok")]
    assert "Input/output error" in found[0].message
