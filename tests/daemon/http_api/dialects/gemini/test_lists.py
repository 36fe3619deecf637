"""Models and counts, as Google's own client reads them."""

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import ListedModel
from aircherd.http_api.dialects.gemini import DIALECT
from helpers.http_api.over_sdk import Played, genai_client

CALL = ApiCall(method="GET", path="/v1beta/models")
SONNET = ListedModel(
    id="sonnet",
    provider="anthropic",
    model="claude-sonnet-5",
    name="Claude Sonnet 5",
    window=200_000,
    max_output=64_000,
    abilities=frozenset({"tools", "reasoning"}),
)
EMBED = ListedModel(id="google/embed", abilities=frozenset({"embeddings"}))


def test_list() -> None:
    """The client lists all models in one page, by the names that it sends."""
    body = DIALECT.model_list(CALL, [SONNET, EMBED])
    client = genai_client(Played(DIALECT, [], whole=(200, body)))
    models = list(client.models.list())
    assert [model.name for model in models] == ["models/sonnet", "models/google/embed"]
    assert models[0].display_name == "Claude Sonnet 5"
    assert (models[0].input_token_limit, models[0].output_token_limit) == (200_000, 64_000)
    assert models[0].thinking is True
    assert "generateContent" in models[0].supported_actions
    assert "embedContent" in models[1].supported_actions


def test_one_model() -> None:
    """The client reads about one model."""
    body = DIALECT.model_entry(CALL, SONNET)
    client = genai_client(Played(DIALECT, [], whole=(200, body)))
    model = client.models.get(model="sonnet")
    assert model.description == "claude-sonnet-5 of anthropic"


def test_count() -> None:
    """The client reads a count."""
    client = genai_client(Played(DIALECT, [], whole=(200, DIALECT.count_reply(7))))
    assert client.models.count_tokens(model="m", contents="Hi").total_tokens == 7
