"""Maps a path to its vendor and endpoint, and finds the key in a request.

Each vendor is served at the paths that its SDK calls. Several share `/v1/models` and
`/v1/chat/completions`: headers distinguish Anthropic from OpenAI, `shared_paths` decides between
OpenAI and Ollama. A path under `/openai`, `/anthropic`, `/gemini`, `/openrouter` or `/ollama`
always belongs to that vendor. Gemini's paths contain the model's name.
"""

from collections.abc import Callable

import msgspec

from aircherd.testing.simulator import embeddings
from aircherd.testing.simulator.anthropic import chat as anthropic
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.gemini import chat as gemini
from aircherd.testing.simulator.gemini.prompt import split_path
from aircherd.testing.simulator.http.wire import Request
from aircherd.testing.simulator.limits import Headers
from aircherd.testing.simulator.ollama import chat as ollama
from aircherd.testing.simulator.openai_chat import chat as openai
from aircherd.testing.simulator.openai_responses import chat as responses
from aircherd.testing.simulator.openrouter import chat as openrouter
from aircherd.testing.simulator.reply import Reply

VENDORS = ("openai", "anthropic", "gemini", "openrouter", "ollama")


class Endpoint(msgspec.Struct, frozen=True):
    """The handler of a path. `public` ones need no key."""

    name: str
    method: str
    answer: Callable[[Context], Reply]
    public: bool = False


ENDPOINTS: dict[str, dict[str, Endpoint]] = {
    "openai": {
        "/v1/chat/completions": Endpoint("chat", "POST", openai.answer_chat),
        "/v1/responses": Endpoint("chat", "POST", responses.answer_chat),
        "/v1/embeddings": Endpoint("embeddings", "POST", embeddings.answer_openai),
        "/v1/models": Endpoint("models", "GET", openai.answer_models),
    },
    "anthropic": {
        "/v1/messages": Endpoint("chat", "POST", anthropic.answer_chat),
        "/v1/messages/count_tokens": Endpoint("count", "POST", anthropic.answer_count),
        "/v1/models": Endpoint("models", "GET", anthropic.answer_models),
    },
    "gemini": {
        "/v1beta/models": Endpoint("models", "GET", gemini.answer_models),
        "generateContent": Endpoint("chat", "POST", gemini.answer_whole),
        "streamGenerateContent": Endpoint("chat", "POST", gemini.answer_stream),
        "countTokens": Endpoint("count", "POST", gemini.answer_count),
        "embedContent": Endpoint("embeddings", "POST", embeddings.answer_gemini),
        "batchEmbedContents": Endpoint("embeddings", "POST", embeddings.answer_gemini_batch),
    },
    "openrouter": {
        "/api/v1/chat/completions": Endpoint("chat", "POST", openrouter.answer_chat),
        "/api/v1/embeddings": Endpoint("embeddings", "POST", embeddings.answer_openai),
        "/api/v1/models": Endpoint("models", "GET", openrouter.answer_models, public=True),
        "/api/v1/key": Endpoint("key", "GET", openrouter.answer_key),
    },
    "ollama": {
        "/api/chat": Endpoint("chat", "POST", ollama.answer_chat),
        "/api/generate": Endpoint("chat", "POST", ollama.answer_completion),
        "/api/embed": Endpoint("embeddings", "POST", embeddings.answer_ollama),
        "/v1/chat/completions": Endpoint("chat", "POST", ollama.answer_compatible),
        "/v1/embeddings": Endpoint("embeddings", "POST", embeddings.answer_openai),
        "/v1/models": Endpoint("models", "GET", openai.answer_models),
        "/api/tags": Endpoint("tags", "GET", ollama.answer_tags),
        "/api/version": Endpoint("version", "GET", ollama.answer_version, public=True),
    },
}

HEADERS: dict[str, Callable[[Context], Headers]] = {
    "openai": openai.request_headers,
    "anthropic": anthropic.request_headers,
    "gemini": gemini.request_headers,
    "openrouter": openrouter.request_headers,
    "ollama": ollama.request_headers,
}

# Appended to the simulator's URL: the base URL that the vendor's SDK expects.
BASE_PATHS = {
    "openai": "/v1",
    "anthropic": "",
    "gemini": "/v1beta",
    "openrouter": "/api/v1",
    "ollama": "/ollama",
}


def find_endpoint(request: Request, shared_paths: str) -> tuple[str, Endpoint | None]:
    """Return the vendor of a request, and its endpoint or None if the path is unknown."""
    path = request.path
    for vendor in VENDORS:
        if path.startswith(f"/{vendor}/"):
            return vendor, _endpoint(vendor, path.removeprefix(f"/{vendor}"))
    vendor = _guess_vendor(request, shared_paths)
    return vendor, _endpoint(vendor, path)


def _endpoint(vendor: str, path: str) -> Endpoint | None:
    named = split_path(path) if vendor == "gemini" else None
    return ENDPOINTS[vendor].get(named[1] if named else path)


def find_key(vendor: str, request: Request) -> str | None:
    """Return the key of a request, from the vendor's header or parameter."""
    if vendor == "anthropic" and (key := request.header("x-api-key")) is not None:
        return key
    if vendor == "gemini":
        return request.header("x-goog-api-key") or request.query.get("key")
    scheme, _, key = (request.header("authorization") or "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def _guess_vendor(request: Request, shared_paths: str) -> str:
    if request.path.startswith("/v1beta/"):
        return "gemini"
    owners = [vendor for vendor in VENDORS if request.path in ENDPOINTS[vendor]]
    if len(owners) == 1:
        return owners[0]
    anthropics = request.header("anthropic-version") or request.header("x-api-key")
    if anthropics and (not owners or "anthropic" in owners):
        return "anthropic"
    return "openrouter" if request.path.startswith("/api/v1/") else shared_paths
