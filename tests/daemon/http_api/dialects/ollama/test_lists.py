"""What clients of Ollama's API ask before they chat."""

import json

import pytest

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import ListedModel
from aircherd.http_api.dialects.ollama import DIALECT
from aircherd.http_api.dialects.ollama.lists import tagged
from helpers.http_api.over_sdk import Played, ollama_client

SONNET = ListedModel(
    id="sonnet",
    provider="anthropic",
    model="claude-sonnet-5",
    name="Claude Sonnet 5",
    released="2026-03-01",
    window=200_000,
    abilities=frozenset({"tools", "images", "reasoning", "structured_output"}),
)
LLAMA = ListedModel(id="ollama/llama3.2:3b", provider="ollama", released="2024-09")
EMBED = ListedModel(id="google/embed", abilities=frozenset({"embeddings"}))
MODELS = [SONNET, LLAMA, EMBED]


def answer_to(method: str, path: str, body: object = None) -> tuple[int, bytes]:
    call = ApiCall(method=method, path=path, body=json.dumps(body).encode())
    [route] = [each for each in DIALECT.routes if (each.method, each.path) == (method, path)]
    assert route.answer is not None
    return route.answer(call, MODELS)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("sonnet", "sonnet:latest"),
        ("a/b", "a/b:latest"),
        ("a:1/b", "a:1/b:latest"),
        ("ollama/llama3.2:3b", "ollama/llama3.2:3b"),
    ],
)
def test_tags(name: str, shown: str) -> None:
    """Clients look for a name with a tag."""
    assert tagged(name) == shown


def test_list() -> None:
    """Each model has a tag, a digest of its own, and what it can do."""
    body = DIALECT.model_list(ApiCall(method="GET", path="/api/tags"), MODELS)
    client = ollama_client(Played(DIALECT, [], whole=(200, body)))
    models = client.list().models
    names = ["sonnet:latest", "ollama/llama3.2:3b", "google/embed:latest"]
    assert [model.model for model in models] == names
    assert len({model.digest for model in models}) == 3
    assert models[0].details.family == "anthropic"
    capabilities = [each["capabilities"] for each in json.loads(body)["models"]]
    assert capabilities == [
        ["completion", "tools", "vision", "thinking"],
        ["completion"],
        ["embedding"],
    ]


def test_show() -> None:
    """`llm` and Copilot ask what a model can do, and how much it reads."""
    body = DIALECT.model_entry(ApiCall(method="POST", path="/api/show"), SONNET)
    shown = ollama_client(Played(DIALECT, [], whole=(200, body))).show("sonnet")
    architecture = shown.modelinfo["general.architecture"]
    assert shown.modelinfo[f"{architecture}.context_length"] == 200_000
    assert shown.capabilities == ["completion", "tools", "vision", "thinking"]
    assert shown.modified_at.year == 2026


def test_an_incomplete_date() -> None:
    """Clients read a whole one."""
    body = DIALECT.model_entry(ApiCall(method="POST", path="/api/show"), LLAMA)
    assert json.loads(body)["modified_at"] == "2026-01-01T00:00:00Z"


def test_version() -> None:
    """Copilot in VS Code refuses versions before 0.6.4."""
    _, body = answer_to("GET", "/api/version")
    version = tuple(int(each) for each in json.loads(body)["version"].split("."))
    assert version >= (0, 6, 4)


def test_nothing_is_in_memory() -> None:
    """No model runs here."""
    client = ollama_client(Played(DIALECT, [], whole=answer_to("GET", "/api/ps")))
    assert client.ps().models == []


def test_pull() -> None:
    """A model that can be asked is there already; any other one is not, and none is fetched."""
    played = Played(DIALECT, [], whole=answer_to("POST", "/api/pull", {"model": "sonnet:latest"}))
    assert ollama_client(played).pull("sonnet").status == "success"
    [progress] = ollama_client(played).pull("sonnet", stream=True)
    assert progress.status == "success"
    assert answer_to("POST", "/api/pull", {"model": "x"})[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/push"),
        ("POST", "/api/create"),
        ("POST", "/api/copy"),
        ("DELETE", "/api/delete"),
    ],
)
def test_models_are_not_changed(method: str, path: str) -> None:
    """What changes models is refused in Ollama's form."""
    status, body = answer_to(method, path, {"model": "sonnet"})
    assert status == 501
    assert path in json.loads(body)["error"]
