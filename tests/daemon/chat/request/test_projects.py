"""What a folder's entry adds to a request, and which entry that is."""

import msgspec
import pytest

from aircherd.chat.caller import Caller
from aircherd.chat.request.projects import apply_project, describe_project, find_project
from aircherd.config.model import Config, Project, Task
from aircherd.errors import NotAuthenticated
from aircherd.vocabulary.chat import ChatRequest, RouteOptions

CONFIG = Config(
    providers={},
    tasks={"review": Task(model="openai/r"), "brief": Task(system="Be brief.")},
    projects={
        "~/src": Project(folder="/u/src", key="private"),
        "~/src/acme": Project(folder="/u/src/acme", key="work", model="sonnet", task="brief"),
    },
)


def caller(folder: str | None = None, project: str | None = None) -> Caller:
    return Caller("test", project, None, folder)


def completed(folder: str | None = "/u/src/acme/web", **request: object) -> ChatRequest:
    found = apply_project(ChatRequest(messages=[], **request), caller(folder), CONFIG)
    assert found is not None
    return found.request


@pytest.mark.parametrize(
    ("folder", "project", "name"),
    [
        ("/u/src", None, "~/src"),
        ("/u/src/acme", None, "~/src/acme"),
        ("/u/src/acme/web", "/u/src/acme", "~/src/acme"),
        (None, "/u/src/acme", "~/src/acme"),  # the client works in its project
        ("/u/src/acme2", None, "~/src"),
        ("/u/srcs", None, None),
        ("/u", "/u", None),
        (None, "acme", None),
        (None, None, None),
    ],
)
def test_the_longest_folder_around_the_clients_is_used(
    folder: str | None, project: str | None, name: str | None
) -> None:
    """Only whole names of folders count."""
    assert find_project(CONFIG, caller(folder, project)) == name


def test_the_root_contains_every_folder() -> None:
    """It ends with a slash, as no other does."""
    assert Project(folder="/").contains("/u")


def test_a_request_gets_what_it_does_not_set() -> None:
    """And stays as it is elsewhere."""
    found = completed()
    assert (found.model, found.task, found.route.key) == ("sonnet", "brief", "work")
    assert apply_project(ChatRequest(messages=[]), caller("/elsewhere"), CONFIG) is None


def test_what_the_request_sets_wins() -> None:
    """Its other options stay."""
    found = completed(
        model="openai/x", task="review", route=RouteOptions(key="own", no_fallback=True)
    )
    assert (found.model, found.task) == ("openai/x", "review")
    assert found.route == RouteOptions(key="own", no_fallback=True)
    found = completed(route=RouteOptions(no_fallback=True))
    assert found.route == RouteOptions(key="work", no_fallback=True)


def test_the_model_of_a_task_that_the_request_names_wins() -> None:
    """A task without a model leaves it to the folder."""
    assert completed(task="review").model is None
    assert completed(task="brief").model == "sonnet"


@pytest.mark.parametrize(
    ("project", "counted"),
    [(None, "/u/src/acme"), ("/u/src/acme/web", "/u/src/acme"), ("nightly", "nightly")],
)
def test_usage_is_attributed_to_the_folder_of_the_entry(project: str | None, counted: str) -> None:
    """So that a limit by project counts what the entry applies to; a name of its own stays."""
    asking = caller("/u/src/acme/web", project)
    found = apply_project(ChatRequest(messages=[]), asking, CONFIG)
    assert found is not None
    assert found.caller == msgspec.structs.replace(asking, project=counted)


def test_an_error_names_the_entry_that_asks_for_the_key() -> None:
    """The request itself named none."""
    error, here = NotAuthenticated("no key 'work' for openai", x=1), caller("/u/src/acme")
    found = apply_project(ChatRequest(messages=[]), here, CONFIG)
    assert found is not None
    reason = 'Requests from ~/src/acme use this key only, by [projects."~/src/acme"]'
    assert found.explain(error).data == {"x": 1, "reason": reason}
    assert found.explain(error).message == f"no key 'work' for openai. {reason}"
    other = NotAuthenticated("no key for openai")
    assert found.explain(other) is other
    request = ChatRequest(messages=[], route=RouteOptions(key="work"))
    found = apply_project(request, here, CONFIG)
    assert found is not None
    assert found.explain(error) is error


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/u/src/acme/web", {"model": "sonnet", "task": "brief", "key": "work"}),
        ("/u/src", {"key": "private"}),
        ("/u", {}),
        (None, {}),
    ],
)
def test_a_client_is_given_what_is_added(folder: str | None, expected: dict[str, object]) -> None:
    """To keep it with a conversation that goes on elsewhere."""
    assert describe_project(CONFIG, caller(folder)) == expected
