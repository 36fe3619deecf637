"""Questions on the desktop: a real bus, a real child, and a notification service of the test."""

import os
import sys

import pytest
import trio

from aircherd.desktop.notifier import ABSENT_SECONDS, DesktopNotifier
from helpers.desktop.notifications import emit_as_another, notifications
from helpers.secret_service import secret_service

pytestmark = pytest.mark.secret_service

QUESTION = {"client": "vi", "program": "/bin/vi", "pid": 1, "action": "store a key", "number": 1}


@pytest.fixture(scope="module")
def bus():
    with secret_service(keyring=False) as found:
        yield found


def notifier(bus, **options):
    return DesktopNotifier({"PATH": os.environ["PATH"], **bus.environ}, **options)


async def ask(desktop, answers, question=QUESTION):
    with trio.fail_after(30):
        answers.append(await desktop.ask(question, 30.0))


async def asked(bus, service, react, question=QUESTION):
    """Ask, call `react` with what is shown, and return the answer."""
    answers = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, notifier(bus), answers, question)
        shown = await trio.to_thread.run_sync(service.wait_shown)
        react(shown)
    return answers[0]


@pytest.mark.parametrize(("does", "answer"), [("allow", "allowed"), ("deny", "refused")])
async def test_a_button_answers(bus, does, answer):
    """And the notification is closed."""
    with notifications(bus) as service:
        assert await asked(bus, service, lambda shown: service.press(shown, does)) == answer
        assert service.wait_closed() == 1


async def test_closing_it_refuses(bus):
    """A click on anything else does nothing; what the client says of itself is no markup."""
    question = {**QUESTION, "client": "<b>vi</b>"}

    def react(shown):
        assert shown.actions == ["allow", "Allow", "deny", "Deny"]
        assert "&lt;b&gt;vi" in shown.body
        service.press(shown, "default")
        service.close(shown)

    with notifications(bus) as service:
        assert await asked(bus, service, react, question) == "refused"


async def test_a_question_that_ends_closes_its_notification(bus):
    """It was answered elsewhere, or its time is over."""
    with notifications(bus) as service:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, notifier(bus), [])
            shown = await trio.to_thread.run_sync(service.wait_shown)
            nursery.cancel_scope.cancel()
        assert service.wait_closed() == shown.number


async def test_another_program_cannot_press_a_button(bus):
    """Every program on the bus can send the signal; the bus says which one did."""

    def react(shown):
        emit_as_another(bus, shown, "allow")
        service.press(shown, "deny")

    with notifications(bus) as service:
        assert await asked(bus, service, react) == "refused"


async def test_without_buttons_there_is_no_desktop(bus):
    """It is not looked for again at once."""
    desktop, answers = notifier(bus), []
    with notifications(bus, capabilities=("body",)):
        assert desktop.may_ask
        await ask(desktop, answers)
    assert (answers, desktop.may_ask) == (["absent"], False)
    assert "buttons" in desktop.problem


async def test_the_client_that_asks_gets_no_question(bus):
    """If it took the name of the service."""
    answers = []
    with notifications(bus):
        await ask(notifier(bus), answers, {**QUESTION, "pid": os.getpid()})
    assert answers == ["absent"]


async def test_without_a_service_or_a_bus(bus, tmp_path):
    """At once, not after a time-out."""
    answers = []
    await ask(notifier(bus), answers)
    nowhere = DesktopNotifier({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/bus"})
    await ask(nowhere, answers)
    await ask(notifier(bus, command=("/does/not/exist",)), answers)
    await ask(notifier(bus, command=(sys.executable, "-c", "")), answers)
    assert answers == ["absent"] * 4


async def test_the_service_goes_away(bus):
    """A question that no button can answer any more must not wait."""
    with notifications(bus) as service:
        assert await asked(bus, service, lambda _: service.leave()) == "absent"


async def test_the_bus_goes_away():
    """Likewise."""
    with secret_service(keyring=False) as other, notifications(other) as service:
        assert await asked(other, service, lambda _: other.stop_bus()) == "absent"


async def test_the_child_gets_no_key(bus):
    """Its environment can be read by other programs."""
    code = (
        "import json, os; input();"
        "print(json.dumps({'answer': 'absent', 'reason': ' '.join(os.environ)}))"
    )
    environ = {"OPENAI_API_KEY": "sk-canary", "HOME": "/h", **bus.environ}
    desktop = DesktopNotifier(environ, command=(sys.executable, "-c", code))
    await desktop.ask(QUESTION, 30.0)
    assert "HOME" in desktop.problem
    assert "OPENAI_API_KEY" not in desktop.problem


async def test_a_desktop_that_is_switched_off(autojump_clock):
    """Or is absent: it is looked for again later."""
    assert not DesktopNotifier({}, lambda: False).may_ask
    desktop = DesktopNotifier({}, command=("/does/not/exist",))
    await desktop.ask(QUESTION, 30.0)
    assert not desktop.may_ask
    await trio.sleep(ABSENT_SECONDS)
    assert desktop.may_ask
