"""A client proves that it can read the user's private files."""

import stat
from pathlib import Path

import pytest

from aircherd.api.file_proof import RENEW_SECONDS, VALID_SECONDS, check_proof
from aircherd.errors import BadRequest
from aircherd.files.private_file import FileRefused


def asked(path: Path, proof: str | None = None, after: float = 0.0) -> bool:
    """Return whether a client is asked for the proof, `after` seconds from its writing."""
    now = (path.stat().st_mtime if path.exists() else 0.0) + after
    try:
        check_proof(path, proof, now, "this")
    except BadRequest as error:
        return error.data == {"reason": "proof", "file": str(path)}
    return False


def test_the_content_of_the_file_is_the_proof(tmp_path: Path) -> None:
    """The file is written when a client is asked for it, for its user only."""
    path = tmp_path / "data" / "proof"
    assert asked(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    proof = path.read_text()
    assert len(proof) == 64
    assert not asked(path, proof)
    assert not asked(path, proof)  # several clients at the same time
    assert asked(path, "")
    assert asked(path, proof[:-1])
    assert asked(path, "\udce9")


@pytest.mark.parametrize(
    ("after", "is_accepted"),
    [(VALID_SECONDS, True), (VALID_SECONDS + 1, False), (-1.0, False)],
)
def test_a_proof_ends(tmp_path: Path, after: float, is_accepted: bool) -> None:
    """Also when the clock was set back."""
    path = tmp_path / "proof"
    asked(path)
    assert asked(path, path.read_text(), after) is not is_accepted


@pytest.mark.parametrize(
    ("after", "is_renewed"), [(RENEW_SECONDS, False), (RENEW_SECONDS + 1, True)]
)
def test_a_client_gets_a_proof_that_lasts(tmp_path: Path, after: float, is_renewed: bool) -> None:
    """Another one is not replaced while it is young."""
    path = tmp_path / "proof"
    asked(path)
    before = path.read_text()
    assert asked(path, after=after)
    assert (path.read_text() != before) is is_renewed


def test_a_file_that_others_can_read_is_no_proof(tmp_path: Path) -> None:
    """The message says how to fix it."""
    path = tmp_path / "proof"
    asked(path)
    path.chmod(0o644)
    with pytest.raises(FileRefused, match="chmod 600"):
        check_proof(path, path.read_text(), path.stat().st_mtime, "this")
