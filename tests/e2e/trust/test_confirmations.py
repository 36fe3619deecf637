"""A client that needs the user's word, a terminal that gives it, and the daemon between them."""

import os

import msgpack
import pytest
import trio

from helpers.daemon.in_process import ask, running
from helpers.daemon.real_daemon import home
from helpers.desktop.confirm_terminal import read_until, terminal
from helpers.desktop.notifications import notifications
from helpers.secret_service import secret_service


@pytest.mark.parametrize(("typed", "code"), [(b"y\n", 0), (b"\n", 1)])
def test_the_terminal_answers(typed: bytes, code: int) -> None:
    """With the proof that the daemon asks for; `confirm` itself is never asked about."""
    with home() as user:
        user.write_config("[clients.aircher-cli]\nconfirm = true\n")
        user.start()
        refused = user.cli("limits")
        assert (refused.returncode, "run 'aircher-cli confirm'" in refused.stderr) == (1, True)
        with terminal(user) as master:
            read_until(master, "waiting for questions")
            asking = user.popen("limits")
            read_until(master, f"process {asking.pid}) wants to use aircher")
            os.write(master, typed)
            assert asking.wait(20) == code


def test_a_yes_for_a_question_that_has_gone_allows_no_other() -> None:
    """A client could end its question and ask another one just before the user types."""
    with home() as user:
        user.write_config("[clients.aircher-cli]\nconfirm = true\n")
        user.start()
        with terminal(user) as master:
            read_until(master, "waiting for questions")
            for number, typed, code in ((2, b"y\n", 1), (4, b"4\n", 0)):
                gone = user.popen("limits")
                read_until(master, "wants to use aircher")
                gone.kill()
                gone.wait()
                read_until(master, f"question {number - 1}: cancelled")
                asking = user.popen("limits")
                read_until(master, f"[type {number} to allow it]")
                os.write(master, typed)
                assert asking.wait(20) == code


@pytest.mark.secret_service
@pytest.mark.parametrize(("button", "code"), [("allow", 0), ("deny", 1)])
def test_the_desktop_answers(button: str, code: int) -> None:
    """No terminal is needed; the audit log has the question and its answer."""
    with home() as user, secret_service(keyring=False) as bus, notifications(bus) as desktop:
        user.write_config("[clients.aircher-cli]\nconfirm = true\n")
        user.start(bus.environ)
        asking = user.popen("limits")
        shown = desktop.wait_shown()
        assert shown.title == "Let a client use aircher?"
        assert f"(process {asking.pid})" in shown.body
        desktop.press(shown, button)
        assert asking.wait(20) == code
        user.stop()
        lines = user.cli("audit", "--kind", "question").stdout.splitlines()
        assert len(lines) == 2
        assert f"outcome={'allowed' if code == 0 else 'refused'}  by=desktop" in lines[1]


@pytest.mark.secret_service
def test_the_first_answer_counts() -> None:
    """The terminal is faster: the notification is closed."""
    with home() as user, secret_service(keyring=False) as bus, notifications(bus) as desktop:
        user.write_config("[clients.aircher-cli]\nconfirm = true\n")
        user.start(bus.environ)
        with terminal(user) as master:
            read_until(master, "waiting for questions")
            asking = user.popen("limits")
            shown = desktop.wait_shown()
            read_until(master, "wants to use aircher")
            os.write(master, b"y\n")
            assert asking.wait(20) == 0
            assert desktop.wait_closed() == shown.number


@pytest.mark.secret_service
def test_a_desktop_that_does_not_answer_in_time() -> None:
    """The time is in the configuration; the desktop can be switched off there."""
    config = "[clients.aircher-cli]\nconfirm = true\n[protect]\n"
    with home() as user, secret_service(keyring=False) as bus, notifications(bus) as desktop:
        user.write_config(f"{config}timeout = 5\n")
        user.start(bus.environ)
        asking = user.popen("limits")
        shown = desktop.wait_shown()
        assert asking.wait(20) == 1
        assert desktop.wait_closed() == shown.number
        user.stop()
        user.write_config(f"{config}desktop = false\n")
        user.start(bus.environ)
        assert "run 'aircher-cli confirm'" in user.cli("limits").stderr


async def test_a_client_with_the_socket_only_cannot_answer() -> None:
    """It has no proof."""
    with home() as user:
        async with running(user.environ) as services:
            refused = await ask(services, "confirm.answer", number=1, allow=True)
            assert refused["data"]["reason"] == "proof"
            assert await ask(services, "confirm.list") == {"questions": []}


async def test_a_client_that_waits_for_an_answer_is_still_served() -> None:
    """Its subscription waits; other requests, and the cancellation of both, do not."""
    with home() as user:
        user.write_config("[clients.vi]\nconfirm = true\n")
        async with running(user.environ) as services:
            services.bus.subscribe(("confirm",), lambda _: None)
            async with await trio.open_unix_socket(str(services.about.socket)) as stream:
                calls = [
                    ("hello", {"client": {"name": "vi"}}),
                    ("events.subscribe", {"topics": ["auth"]}),
                    ("ping", {}),
                ]
                for number, (method, params) in enumerate(calls):
                    await stream.send_all(msgpack.packb([0, number, method, [params]]))
                unpacker = msgpack.Unpacker()
                answered = {}
                while len(answered) < 3:
                    unpacker.feed(await stream.receive_some())
                    answered |= {frame[1]: frame[2] for frame in unpacker}
                    if 2 in answered:
                        await stream.send_all(msgpack.packb([2, "$/cancel", [{"id": 1}]]))
                assert list(answered) == [0, 2, 1]
                assert answered[1]["code"] == "cancelled"
            assert services.questions.rows() == []
