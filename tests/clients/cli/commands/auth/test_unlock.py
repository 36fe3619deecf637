"""`aircher-cli auth unlock`."""

from pathlib import Path

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Refusal, Session

ROW = {"provider": "openai", "key": "default", "state": "unverified", "shadowed": []}
OTHER = {"provider": "groq", "state": "not_configured", "shadowed": []}


def test_unlock_shows_the_keys(daemon: CliDaemon) -> None:
    """Those that there are; not every provider without one."""
    daemon.answers["auth.unlock"] = {"rows": [ROW, OTHER]}
    outcome = run_cli(daemon.environ, "auth", "unlock")
    assert outcome.out == "✓ the keys are unlocked\n? openai  default  unverified\n"
    assert outcome.code == 0


def test_unlock_sends_the_proof_that_the_daemon_asks_for(daemon: CliDaemon, tmp_path: Path) -> None:
    """It is in a file that only the user can read."""
    proof = tmp_path / "proof"
    proof.write_text("the proof")

    def unlock(_session: Session, _msgid: int, params: dict[str, object]) -> object:
        if params.get("proof") != "the proof":
            raise Refusal("bad_request", "a proof", reason="proof", file=str(proof))
        return {"rows": []}

    daemon.answers["auth.unlock"] = unlock
    assert run_cli(daemon.environ, "auth", "unlock").code == 0
