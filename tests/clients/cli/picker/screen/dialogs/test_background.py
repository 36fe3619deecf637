"""Calls outside of the screen's loop."""

import threading

from textual.app import App

from aircher_cli.picker.screen.dialogs.background import run_in_background
from helpers.picker.pilot import run_pilot, wait_for


def test_the_result_comes_back_to_the_loop():
    """The work runs in another thread, its result is handled in the app's."""

    async def body():
        app = App()
        threads = []
        async with app.run_test() as pilot:
            run_in_background(
                app, threading.get_ident, lambda one: threads.extend([one, threading.get_ident()])
            )
            await wait_for(pilot, lambda: bool(threads), "the result has come")
        assert threads[0] != threads[1] == threading.get_ident()

    run_pilot(body())


def test_a_result_after_the_end_is_dropped():
    """The program has ended meanwhile: no error is printed."""
    release, results = threading.Event(), []

    async def body():
        app = App()
        async with app.run_test():
            run_in_background(app, lambda: release.wait(20), results.append)

    run_pilot(body())
    (thread,) = [each for each in threading.enumerate() if each.name == "aircher picker action"]
    release.set()
    thread.join(20)
    assert results == []
