"""What a machine remembers of a forward that has ended."""

from pathlib import Path

import pytest

from aircher_wire.forward_record import Forward, read_record, remove_record, write_record

LAPTOP = Forward("laptop", "buildbox")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user without a configuration."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    return {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime)}


def test_it_is_of_one_socket(environ: dict[str, str]) -> None:
    """Another one is not concerned, and it can be removed."""
    write_record(environ, "/run/a.sock", LAPTOP)

    assert read_record(environ, "/run/a.sock") == LAPTOP
    assert read_record(environ, "/run/b.sock") is None
    remove_record(environ, "/run/a.sock")
    remove_record(environ, "/run/a.sock")
    assert read_record(environ, "/run/a.sock") is None


@pytest.mark.parametrize("file", [".aircher/config.toml", ".local/share/aircher/keys.json"])
def test_a_machine_with_a_configuration_of_its_own(environ: dict[str, str], file: str) -> None:
    """Its own daemon is what is meant then, as before the forward."""
    write_record(environ, "/run/a.sock", LAPTOP)
    path = Path(environ["HOME"]) / file
    path.parent.mkdir(parents=True)
    path.write_text("")

    assert read_record(environ, "/run/a.sock") is None


def test_a_broken_record_is_none(environ: dict[str, str]) -> None:
    """A client then does as ever."""
    write_record(environ, "/run/a.sock", LAPTOP)
    (file,) = (Path(environ["HOME"]) / ".local/state/aircher").iterdir()
    file.write_text("/run/a.sock\n")

    assert read_record(environ, "/run/a.sock") is None
