"""What an allowed `.aircher` file around the working directory says to the picker."""

from pathlib import Path

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.picker.folder import find_here
from aircher_cli.picker.view.here import Here
from aircher_client.project_file import Decisions, load
from helpers.daemon.cli import Stream


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository in the home directory; the test runs in it."""
    folder = tmp_path / "acme"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def found(repository: Path) -> tuple[Here, str]:
    """Return what is found, and what was said."""
    environ = {"HOME": str(repository.parent), "XDG_STATE_HOME": str(repository / "state")}
    err = Stream()
    here = find_here(Context(Console(None, err, environ), environ, None))
    return here, err.text


def allow(repository: Path, content: str) -> None:
    file = repository / ".aircher"
    file.write_text(content)
    environ = {"HOME": str(repository.parent), "XDG_STATE_HOME": str(repository / "state")}
    Decisions(environ).record(load(str(file)), allowed=True)


def test_an_allowed_file_says_what_requests_use(repository: Path) -> None:
    """As for `ask`; people are shown where it is."""
    allow(repository, 'model = "sonnet"\nkey = "work"\ntask = "review"\n')
    file = "~/acme/.aircher"
    assert found(repository) == (
        Here(source=file, model="sonnet", task="review", key="work", key_from=file),
        "",
    )


def test_without_a_file_nothing_is_said(repository: Path) -> None:
    """Most folders have none."""
    assert found(repository) == (Here(), "")


def test_a_file_that_was_not_allowed_has_a_note_only(repository: Path) -> None:
    """Anyone could have written it."""
    (repository / ".aircher").write_text('key = "work"\n')
    here, said = found(repository)
    assert here.key == ""
    assert "is not used until you allow it" in said


def test_a_file_that_cannot_be_used_does_not_keep_the_list_from_opening(repository: Path) -> None:
    """Requests fail with the same words."""
    allow(repository, "key = 5\n")
    here, said = found(repository)
    assert here == Here()
    assert "key must be a name in quotes" in said
