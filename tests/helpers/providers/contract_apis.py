"""What the seven APIs are to the contract suite: a row for each.

A row says where the API is, how it tells things, and what it lacks. A lack has a sentence in
`lacks`: whoever asks for that is refused by it before anything is sent, and another provider may be
asked. `refuses` has what only the server itself can refuse, with its words. What docs/providers.md
says of a vendor and what stands here are the same.

OpenAI is called by its own name, which leads to the simulator here: what its adapter does for
OpenAI alone it does for that host.
"""

from msgspec import Struct
from msgspec.structs import replace

from aircherd.config.model import Provider
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import ApiName
from helpers.providers.talking import Map


class Api(Struct, frozen=True, kw_only=True):
    """One API.

    Attributes:
        vendor: whom the simulator takes it for.
        host: the name it is called by; None for the simulator's own address.
        path: what its base URL ends with.
        behave: how the simulated models answer differently from their habit.
        shows_thinking: whether a thought's text comes back.
        is_sealed: whether what was thought, or called, comes back signed.
        tampered: what a changed signature is taken for.
        failed_tool: how a request says that a tool failed, as it is in its JSON.
        tells: the counts it tells besides input and output.
        counts: its own names of all counts; `cached` those of what was cached.
        tells_cost: whether the provider itself says what a chat cost.
        always_thinks: whether no effort keeps it from thinking.
        ends_unmarked: whether all but the very last event is a whole reply.
        lacks: what it cannot do, and the sentence that says so.
        refuses: what its server does not take, and the words in which it says so.
    """

    name: str
    vendor: str
    kind: str
    model: str
    path: str
    failed_tool: str
    counts: tuple[str, ...]
    host: str | None = None
    api: ApiName | None = None
    cached: tuple[str, ...] = ()
    behave: Map = {}
    shows_thinking: bool = True
    is_sealed: bool = True
    tampered: FailureClass = FailureClass.BAD_REQUEST
    tells: frozenset[str] = frozenset()
    tells_cost: bool = False
    always_thinks: bool = False
    ends_unmarked: bool = False
    lacks: dict[str, str] = {}
    refuses: dict[str, str] = {}

    def provider(self, url: str) -> Provider:
        """Return it as the configuration would have it, the simulator being at `url`."""
        address = url.replace("127.0.0.1", self.host) if self.host else url
        base_url = address + self.path
        return Provider(name=self.name, kind=self.kind, base_url=base_url, api=self.api)


ALL_COUNTS = frozenset(("cached_tokens", "cache_write_tokens", "reasoning_tokens"))
_DETAILS = ("total_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")

_OPENAI = Api(
    name="openai",
    vendor="openai",
    kind="openai",
    model="gpt-5.5",
    path="/v1",
    host="api.openai.com",
    api="chat",
    failed_tool='"Error: broken"',
    counts=("prompt_tokens", "completion_tokens", *_DETAILS),
    cached=("cached_tokens",),
    tells=ALL_COUNTS,
    # Its thinking stays hidden here, and nothing of it goes back.
    shows_thinking=False,
    is_sealed=False,
    ends_unmarked=True,
    lacks={"six stops": "stop: OpenAI takes at most 4 texts, not 6"},
)
_RESPONSES = replace(
    _OPENAI,
    name="responses",
    api="responses",
    counts=("input_tokens", "output_tokens", *_DETAILS),
    shows_thinking=True,
    is_sealed=True,
    # Another organization's key cannot open it either: another provider may answer.
    tampered=FailureClass.PERMISSION,
    ends_unmarked=False,
    lacks={
        "stop": "stop: OpenAI's Responses API has no stop sequences",
        "six stops": "stop: OpenAI's Responses API has no stop sequences",
    },
)
# DeepSeek, vLLM, llama.cpp, LM Studio, Groq and their like.
_COMPATIBLE = replace(
    _OPENAI,
    name="compatible",
    host=None,
    api=None,
    behave={"reasoning_field": "reasoning_content"},
    # It shows thinking and wants it back, but nobody signs it.
    shows_thinking=True,
    # All of these servers know low, medium and high, hardly one more.
    always_thinks=True,
    lacks={},
    # How many each takes is not known; the simulated one takes as many as OpenAI.
    refuses={"six stops": "array too long"},
)
_OPENROUTER = replace(
    _OPENAI,
    name="openrouter",
    vendor="openrouter",
    kind="openrouter",
    model="anthropic/claude-sonnet-5",
    path="/api/v1",
    host=None,
    api=None,
    shows_thinking=True,
    is_sealed=True,
    tells_cost=True,
    lacks={"six stops": "stop: OpenRouter takes at most 4 texts, not 6"},
)
_ANTHROPIC = Api(
    name="anthropic",
    vendor="anthropic",
    kind="anthropic",
    model="claude-sonnet-5",
    path="",
    failed_tool='"is_error":true',
    counts=(
        "input_tokens",
        "output_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "thinking_tokens",
    ),
    cached=("cache_read_input_tokens",),
    tells=ALL_COUNTS,
    ends_unmarked=True,
    lacks={
        "json_object": "response_format: Anthropic has no json_object",
        "forced while thinking": "tool_choice: Anthropic cannot force a tool while",
    },
    refuses={"plain url": "Only HTTPS URLs are supported"},
)
_GEMINI = Api(
    name="gemini",
    vendor="gemini",
    kind="gemini",
    model="gemini-3.8-flash",
    path="/v1beta",
    failed_tool='"response":{"error":"broken"}',
    counts=(
        "promptTokenCount",
        "candidatesTokenCount",
        "cachedContentTokenCount",
        "thoughtsTokenCount",
        "totalTokenCount",
    ),
    cached=("cachedContentTokenCount",),
    tells=frozenset(("cached_tokens", "reasoning_tokens")),
    lacks={
        "one at a time": "parallel_tool_calls: Gemini cannot be limited to one call",
        "gif": "Gemini does not take image/gif",
        "plain url": "Gemini fetches images from https:// only",
        "six stops": "stop: Gemini takes at most 5 stop sequences",
    },
)
_OLLAMA = Api(
    name="ollama",
    vendor="ollama",
    kind="ollama",
    model="m",
    path="/ollama",
    failed_tool='"Error: broken"',
    counts=("prompt_eval_count", "eval_count"),
    is_sealed=False,
    lacks={
        "url": "Ollama takes images only as data, not by URL",
        "plain url": "Ollama takes images only as data, not by URL",
        "forced": "tool_choice: Ollama cannot force a tool call",
        "forced by name": "tool_choice: Ollama cannot force a tool call",
        "forced while thinking": "tool_choice: Ollama cannot force a tool call",
        "one at a time": "parallel_tool_calls: Ollama cannot be limited to one call",
    },
)

APIS = {
    api.name: api
    for api in (_OPENAI, _RESPONSES, _ANTHROPIC, _GEMINI, _OPENROUTER, _OLLAMA, _COMPATIBLE)
}
