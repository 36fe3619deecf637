"""The context of a command: its input."""

import io

import pytest

from aircher_cli import context as context_module
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import CliDaemon


def context_of(stdin: Stream | None) -> Context:
    return Context(Console(None, None, {}), {}, stdin)


def test_invalid_utf_8_on_standard_input_survives() -> None:
    """Bytes that are not UTF-8 become surrogates, which the daemon accepts."""
    assert context_of(Stream(b"caf\xe9")).read_input() == "caf\udce9"


def test_line_ends_are_kept() -> None:
    """Standard input is read as bytes, so line ends are unchanged."""
    assert context_of(Stream(b"a\r\nb\r\n")).read_input() == "a\r\nb\r\n"


def test_a_terminal_or_a_closed_input_is_not_read() -> None:
    """Only files and pipes count as input."""
    assert not context_of(Stream(terminal=True)).has_input()
    assert not context_of(None).has_input()
    assert context_of(Stream()).has_input()
    assert context_of(None).read_input() == ""


def test_standard_input_that_cannot_be_read() -> None:
    """A read error is a failure with a reason, not an internal error."""

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    stdin = io.TextIOWrapper(Broken())
    with pytest.raises(CommandFailed, match="cannot read standard input: Input/output error"):
        Context(Console(None, None, {}), {}, stdin).read_input()


def test_text_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read than a request can hold."""
    monkeypatch.setattr(context_module, "MAX_INPUT", 2 * 2**20)
    with open("/dev/zero", encoding="utf-8") as endless:  # noqa: PTH123 -- no path of ours
        context = Context(Console(None, None, {}), {}, endless)
        assert len(context.read_bytes(100)) == 101
    with pytest.raises(CommandFailed, match="standard input is over 2 MiB"):
        context_of(Stream(b"x" * (2 * 2**20 + 1))).read_input()


def test_a_screen_shows_notices_itself(daemon: CliDaemon) -> None:
    """Nothing is printed into it."""
    daemon.answers |= {"hello": {"notices": [{"code": "x", "message": "look"}]}, "ping": {}}
    err, shown = Stream(), []
    context = Context(Console(None, err, {}), daemon.environ, None)
    with context.connect(on_notices=shown.extend) as client:
        client.call("ping")
    assert ([each["message"] for each in shown], err.text) == (["look"], "")


def test_a_notice_is_printed_once(daemon: CliDaemon) -> None:
    """A second connection of the same command does not repeat the daemon's notices."""
    notices = [{"code": "x", "message": "look here"}, {"code": "own", "message": "not this"}]
    daemon.answers |= {"hello": {"notices": notices}, "ping": {}}
    err = Stream()
    context = Context(Console(None, err, {}), daemon.environ, None, frozenset({"own"}))
    for _ in range(2):
        with context.connect() as client:
            client.call("ping")
    assert err.text == "aircher-cli: look here\n"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "aircher-cli"),
        ({"AIRCHER_CLIENT": " "}, "aircher-cli"),
        ({"AIRCHER_CLIENT": " nightly-report "}, "nightly-report"),
        ({"AIRCHER_CLIENT": "caf\udce9"}, "caf\ufffd"),
        ({"AIRCHER_CLIENT": "x" * 300}, "x" * 200),
    ],
)
def test_a_script_can_name_itself(daemon: CliDaemon, variables: dict[str, str], name: str) -> None:
    """Limits and the usage report know it by the name in AIRCHER_CLIENT."""
    daemon.answers |= {"ping": {}}
    context = Context(Console(None, None, {}), {**daemon.environ, **variables}, None)
    with context.connect() as client:
        client.call("ping")
    assert daemon.params_of("hello")["client"]["name"] == name
