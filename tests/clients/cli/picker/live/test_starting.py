"""Starting the daemon while a screen is drawn."""

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.picker.live.starting import start_quietly
from helpers.daemon.cli import Stream


def test_nothing_is_printed_into_the_screen(daemon, monkeypatch):
    """Also not the daemon's notices."""
    daemon.answers |= {"hello": {"notices": [{"code": "x", "message": "look"}]}, "status": {}}
    out, err = Stream(), Stream()
    start_quietly(Context(Console(out, err, {}), daemon.environ, None))
    assert (out.text, err.text, daemon.methods) == ("", "", ["status"])
