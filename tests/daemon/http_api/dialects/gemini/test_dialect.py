"""Gemini's paths."""

from aircherd.http_api.dialects.gemini import DIALECT


def test_paths() -> None:
    """Each call has its versions, and LiteLLM's path without one: trap 27."""
    paths = {(route.method, route.path): route.operation for route in DIALECT.routes}
    for root in ("/v1beta", "/v1", ""):
        assert paths["POST", f"{root}/models/{{model}}:generateContent"] == "chat"
        assert paths["POST", f"{root}/models/{{model}}:streamGenerateContent"] == "chat"
        assert paths["POST", f"{root}/models/{{model}}:countTokens"] == "count_tokens"
        assert paths["POST", f"{root}/models/{{model}}:batchEmbedContents"] == "embeddings"
    assert paths["GET", "/v1beta/models"] == "list_models"
    assert paths["GET", "/v1beta/models/{model}"] == "show_model"


def test_nothing_is_sent_meanwhile() -> None:
    """Comments crash clients of this API."""
    assert DIALECT.keep_alive is None
    assert DIALECT.stream_note([("x-aircher-cost", "1")]) == b""
