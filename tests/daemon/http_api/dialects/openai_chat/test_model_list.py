from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import ListedModel
from aircherd.http_api.dialects.openai_chat import DIALECT
from helpers.http_api.openai_sdk import client_of

CALL = ApiCall(method="GET", path="/v1/models")
MODELS = [
    ListedModel(
        id="sonnet",
        provider="anthropic",
        model="claude-sonnet-5",
        name="Sonnet",
        released="2026-03-01",
        window=1_000_000,
        max_output=64_000,
    ),
    ListedModel(id="local", released="soon"),
]


def test_the_sdk_reads_the_list() -> None:
    """The list has the names to send, and what is known of their models."""
    found = client_of(DIALECT.model_list(CALL, MODELS)).models.list()
    assert [model.to_dict() for model in found.data] == [
        {
            "id": "sonnet",
            "object": "model",
            "created": 1_772_323_200,
            "owned_by": "anthropic",
            "name": "Sonnet",
            "context_length": 1_000_000,
            "max_completion_tokens": 64_000,
        },
        {"id": "local", "object": "model", "created": 0, "owned_by": "aircher"},
    ]


def test_the_sdk_reads_one_model() -> None:
    """The page about a model is its entry in the list."""
    found = client_of(DIALECT.model_entry(CALL, MODELS[0])).models.retrieve("sonnet")
    assert (found.id, found.owned_by) == ("sonnet", "anthropic")
