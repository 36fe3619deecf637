"""Calls that need a proof of access to the user's files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_client import Client, DaemonError
from aircher_client.proof import ATTEMPTS, call_with_proof
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal, Session


@pytest.fixture
def daemon() -> Iterator[CliDaemon]:
    with CliDaemon() as fake:
        yield fake


def call(daemon: CliDaemon) -> object:
    with Client.connect(daemon.environ, autostart=False) as client:
        return call_with_proof(client, "config.set", {"unset": ["a"]})


def wants(daemon: CliDaemon, file: Path, expected: str) -> None:
    """Have the daemon want the text `expected`, and name `file`."""

    def handler(session: Session, msgid: int, params: Map) -> object:
        if params.get("proof") != expected:
            raise Refusal("bad_request", "prove it", reason="proof", file=str(file))
        return {"unset": params["unset"]}

    daemon.answers["config.set"] = handler


def test_the_proof_is_read_from_the_file(daemon: CliDaemon, tmp_path: Path) -> None:
    """The call is repeated with it."""
    (tmp_path / "proof").write_text("abc")
    wants(daemon, tmp_path / "proof", "abc")
    assert call(daemon) == {"unset": ["a"]}
    assert daemon.methods == ["config.set", "config.set"]


def test_without_a_question_there_is_no_proof(daemon: CliDaemon) -> None:
    """Other daemons may not want one."""
    daemon.answers["config.set"] = {}
    assert call(daemon) == {}
    assert daemon.params_of("config.set") == {"unset": ["a"]}


@pytest.mark.parametrize("content", [None, b"\xff", b"other"])
def test_a_proof_that_cannot_be_given(
    daemon: CliDaemon, tmp_path: Path, content: bytes | None
) -> None:
    """The daemon's error is raised, after a few attempts at most."""
    if content is not None:
        (tmp_path / "proof").write_bytes(content)
    wants(daemon, tmp_path / "proof", "abc")
    with pytest.raises(DaemonError, match="prove it"):
        call(daemon)
    assert len(daemon.methods) == (ATTEMPTS if content == b"other" else 1)


def test_other_errors_are_raised_at_once(daemon: CliDaemon) -> None:
    """Such as a conflict."""

    def refuse(session: Session, msgid: int, params: Map) -> object:
        raise Refusal("bad_request", "was changed", reason="changed")

    daemon.answers["config.set"] = refuse
    with pytest.raises(DaemonError, match="was changed"):
        call(daemon)
    assert daemon.methods == ["config.set"]
