"""What requests from here use, from the file and from the daemon."""

import pytest

from aircher_cli.picker.view.here import Here, model_asked, model_of_folder, other_model

FILE = "~/acme/.aircher"


def hello(**entry: str) -> dict[str, object]:
    return {"project": dict(entry)}


def test_the_entry_of_the_folder_is_added_where_the_file_says_nothing():
    """As for requests: what they set themselves takes precedence."""
    found = Here().completed(hello(key="work", model="a/m", task="review"))
    assert (found.key, found.key_from) == ("work", "[projects]")
    assert (found.folder_model, found.folder_task) == ("a/m", "review")
    own = Here(source=FILE, key="own", key_from=FILE)
    assert own.completed(hello(key="work")) == own


def test_an_entry_that_is_gone_says_nothing():
    """The configuration was changed while the list was open."""
    assert Here().completed(hello()) == Here().completed({}) == Here()


def test_a_request_has_what_the_file_says_and_not_what_the_daemon_adds():
    """A label in the request would not be the folder's for the daemon."""
    by_file = Here(source=FILE, task="review", key="own", key_from=FILE)
    assert by_file.request() == {"route": {"key": "own"}, "task": "review"}
    assert Here().completed(hello(key="work", task="review")).request() == {}


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        (Here(), ("", "")),
        (Here(source=FILE, model="a/file", folder_model="a/entry"), ("a/file", FILE)),
        (Here(source=FILE, task="review", folder_model="a/entry"), ("a/task", FILE)),
        (Here(source=FILE, task="plain", folder_model="a/entry"), ("a/entry", "[projects]")),
        (Here(folder_task="review", folder_model="a/entry"), ("a/entry", "[projects]")),
        (Here(folder_task="review"), ("a/task", "[projects]")),
        (Here(source=FILE, task="plain", folder_task="review"), ("", "")),
    ],
)
def test_the_model_that_is_asked_is_the_nearest(here, expected):
    """The file, then the model of its task, then the entry, then that of its task."""
    assert model_asked(here, {"review": "a/task"}) == expected


def test_a_choice_that_changes_nothing_here_is_said():
    """A user who chooses a default in a folder with a model of its own would wonder."""
    here = Here(source=FILE, model="a/file")
    assert other_model(here, {}, "b/m") == (
        "Requests from here go on using a/file, as ~/acme/.aircher says; -m b/m asks this one."
    )
    assert other_model(here, {}, "a/file") == ""
    assert other_model(Here(), {}, "b/m") == ""


def test_another_model_than_the_default_is_said_before_a_choice():
    """The list starts at the default, which Enter keeps; from here it is not what answers."""
    here = Here(source=FILE, task="review")
    clause = "requests from here ask a/task (~/acme/.aircher)"
    assert model_of_folder(here, {"review": "a/task"}, "b/m") == clause
    assert model_of_folder(here, {"review": "a/task"}, "a/task") == ""
    assert model_of_folder(here, {}, "b/m") == ""
