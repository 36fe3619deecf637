"""The daemon's own files: what it says when they are removed or replaced."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aircher_wire.version import __version__
from aircherd.installation import INSTALLATION, Installation


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "site" / "aircher_wire").mkdir(parents=True)
    made = tmp_path / "site" / "aircher_wire" / "version.py"
    made.write_text(f'__version__ = "{__version__}"\n')
    return made


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    (tmp_path / "python3").touch()
    return tmp_path / "python3"


@pytest.fixture
def installation(file: Path, interpreter: Path) -> Installation:
    return Installation(file, interpreter)


def replace(file: Path, text: str) -> None:
    """Replace the file as an installer does: it is a new one."""
    new = file.with_name("new.py")
    new.write_text(text)
    new.replace(file)


def test_files_that_are_there_are_no_problem(installation: Installation) -> None:
    """Neither are those of the process that runs this."""
    assert installation.problem() is None
    assert INSTALLATION.problem() is None


@pytest.mark.parametrize("removed", ["file", "interpreter"])
def test_a_removed_installation_is_reported(
    installation: Installation, removed: str, request: pytest.FixtureRequest, file: Path
) -> None:
    """Of a virtual environment both are gone; the message names the directory and the cure."""
    request.getfixturevalue(removed).unlink()
    problem = installation.problem()
    assert problem is not None
    code, message = problem
    assert code == "installation_gone"
    assert f"aircherd {__version__} was removed ({file.parent.parent})" in message
    assert "aircher-cli daemon restart" in message


@pytest.mark.parametrize("started_by", ["systemd", "launchd"])
def test_a_removed_installation_of_a_service(
    file: Path, interpreter: Path, started_by: str
) -> None:
    """The service names the removed files, so a restart would fail: it is installed again."""
    installation = Installation(file, interpreter, started_by)
    file.unlink()
    problem = installation.problem()
    assert problem is not None
    assert "aircher-cli daemon install" in problem[1]
    assert "daemon restart" not in problem[1]


def test_another_version_is_reported(installation: Installation, file: Path) -> None:
    """After an update, until the daemon is restarted; the log has it once."""
    replace(file, '__version__ = "99.1"')
    with capture_logs() as logs:
        problems = [installation.problem() for _ in range(2)]
    assert [entry["event"] for entry in logs] == ["installation_replaced"]
    for problem in problems:
        assert problem is not None
        assert problem[0] == "installation_replaced"
        assert problem[1] == (
            f"the installation of the running aircherd {__version__} was replaced by version "
            "99.1: run 'aircher-cli daemon restart' to start it"
        )


@pytest.mark.parametrize("text", [f"__version__ = '{__version__}'", "", "\\xff"])
def test_the_same_version_again_is_no_problem(
    installation: Installation, file: Path, text: str
) -> None:
    """Nor is a file that does not tell; an update that is under way is seen later."""
    replace(file, text)
    assert installation.problem() is None
    replace(file, '__version__ = "99.1"')
    assert installation.problem() is not None


def test_an_installation_that_comes_back_is_no_problem(
    installation: Installation, file: Path
) -> None:
    """An installer removes the old files before it writes the new ones."""
    file.unlink()
    assert installation.problem() is not None
    file.write_text(f'__version__ = "{__version__}"\n')
    assert installation.problem() is None
