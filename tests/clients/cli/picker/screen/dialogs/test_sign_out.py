"""The dialog that signs out."""

import pytest

from aircher_cli.picker.screen.dialogs.sign_out import SignOutDialog
from aircher_cli.picker.view.daemon_view import DaemonView
from helpers.picker_actions import FakeActions, FakeOutcome
from helpers.pilot import ScreenHost, run_pilot, shown, wait_for


def key(name, **more):
    return {"provider": "work", "key": name, "state": "authenticated", **more}


TWO_KEYS = DaemonView(keys=(key("default"), key("second"), key("env:WORK_KEY")))


def host(actions, view=TWO_KEYS):
    return ScreenHost(SignOutDialog(view, "work", actions))


@pytest.mark.parametrize(
    ("downs", "label"), [(1, "default"), (2, "second"), (3, None)], ids=["one", "other", "all"]
)
def test_the_chosen_key_is_removed_and_the_result_shown(downs, label):
    """Without a label all are removed; what stays is said before."""

    async def body():
        actions = FakeActions(FakeOutcome(True, "removed it"))
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            assert "the environment variable WORK_KEY" in shown(app.screen)
            await pilot.press(*["down"] * downs, "enter")
            await wait_for(pilot, lambda: "✓ removed it" in shown(app.screen), "the result")
            assert "WORK_KEY" not in shown(app.screen)
            await pilot.press("enter")
            await wait_for(pilot, lambda: app.results == [None], "the dialog has gone")
        assert actions.calls == [("sign_out", "work", label)]

    run_pilot(body())


@pytest.mark.parametrize("keys", [("enter",), ("escape",)])
def test_leaving_removes_nothing(keys):
    """Enter alone says No."""

    async def body():
        actions = FakeActions()
        app = host(actions)
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press(*keys)
            await wait_for(pilot, lambda: app.results == [None], "the dialog has gone")
        assert actions.calls == []

    run_pilot(body())


def test_a_failure_says_why():
    """A locked keyring, for example: the key is still there."""

    async def body():
        app = host(FakeActions(FakeOutcome(False, "the keyring is locked")))
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("down", "enter")
            await wait_for(pilot, lambda: "✗ the keyring is locked" in shown(app.screen), "why")

    run_pilot(body())


def test_without_stored_keys_there_is_nothing_to_choose():
    """The dialog says where the key comes from."""

    async def body():
        actions = FakeActions()
        app = host(actions, DaemonView(keys=(key("env:WORK_KEY"),)))
        async with app.run_test() as pilot:
            await pilot.pause()
            assert "No key of work is stored." in shown(app.screen)
            await pilot.press("enter")
            await wait_for(pilot, lambda: app.results == [None], "the dialog has gone")
        assert actions.calls == []

    run_pilot(body())
