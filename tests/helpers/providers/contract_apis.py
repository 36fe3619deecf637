"""The seven APIs of the contract suite: a row for each.

A row has the API's URL, how it reports things, and what it lacks. `lacks` has the message with
which such a request is refused before it is sent, so that another provider may be tried. `refuses`
has what only the server itself can refuse, with its message. docs/providers.md says the same about
each vendor.

OpenAI is called by its own host name, which leads to the simulator here, because its adapter treats
that host specially.
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
        vendor: the simulator's name for it.
        host: the host name it is called by; None for the simulator's own address.
        path: the path of its base URL.
        behave: how the simulated models differ from their defaults.
        shows_thinking: whether the text of thinking comes back.
        is_signed: whether thinking or calls come back signed.
        tampered_kind: the failure class of a changed signature.
        failed_tool: how a request says that a tool failed, in its JSON.
        reported: the counts that it reports besides input and output.
        counts: its own names of all counts; `cached` those of cached tokens.
        reports_cost: whether the provider reports what a chat cost.
        always_thinks: whether thinking cannot be turned off.
        ends_unmarked: whether a reply is complete without its very last event.
        lacks: what it cannot do -> the message that says so.
        refuses: what its server refuses -> the server's message.
        lacks_parts: like `lacks`, for the abilities of `test_contract_parts`.
        never: abilities of `test_contract_parts` that its models never show: refusals, pauses.
        strict: how a request says that a tool is strict, in its JSON.
        marks_cache: whether cache marks are sent, and what they write is counted.
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
    is_signed: bool = True
    tampered_kind: FailureClass = FailureClass.REFUSED
    reported: frozenset[str] = frozenset()
    reports_cost: bool = False
    always_thinks: bool = False
    ends_unmarked: bool = False
    lacks: dict[str, str] = {}
    refuses: dict[str, str] = {}
    lacks_parts: dict[str, str] = {}
    never: frozenset[str] = frozenset()
    strict: str = '"strict":true'
    marks_cache: bool = False

    def provider(self, url: str) -> Provider:
        """Return its entry in the configuration, with the simulator at `url`."""
        address = url.replace("127.0.0.1", self.host) if self.host else url
        base_url = address + self.path
        return Provider(name=self.name, kind=self.kind, base_url=base_url, api=self.api)


PARTS = frozenset(
    (
        *("pdf", "pdf by url", "pdf from a tool", "text file", "sound"),
        *("cache mark", "strict tool", "custom tool", "web search", "opaque parts"),
        *("refusal", "pause", "picture out", "sound out"),
    )
)
"""The abilities of `test_contract_parts`."""

ALL_COUNTS = frozenset(("cached_tokens", "cache_write_tokens", "reasoning_tokens"))
_DETAILS = ("total_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")

_NO_SEARCH = "tools: OpenAI's Chat Completions API does not offer web_search"

_OPENAI = Api(
    name="openai",
    lacks_parts={
        "pdf by url": "messages[0]: OpenAI's Chat Completions API does not take a PDF by URL",
        "web search": _NO_SEARCH,
        "opaque parts": _NO_SEARCH,
        "picture out": "modalities: OpenAI's Chat Completions API does not answer with image",
    },
    never=frozenset({"pause"}),
    vendor="openai",
    kind="openai",
    model="gpt-5.5",
    path="/v1",
    host="api.openai.com",
    api="chat",
    failed_tool='"Error: broken"',
    counts=("prompt_tokens", "completion_tokens", *_DETAILS),
    cached=("cached_tokens",),
    reported=ALL_COUNTS,
    # Its thinking stays hidden here, and none goes back.
    shows_thinking=False,
    is_signed=False,
    ends_unmarked=True,
    lacks={"six stops": "stop: OpenAI takes at most 4 texts, not 6"},
)
_RESPONSES = replace(
    _OPENAI,
    name="responses",
    lacks_parts={
        "sound": "messages[0]: OpenAI's Responses API does not take sound",
        "sound out": "modalities: OpenAI's Responses API does not answer with audio",
    },
    never=frozenset({"pause"}),
    api="responses",
    counts=("input_tokens", "output_tokens", *_DETAILS),
    shows_thinking=True,
    is_signed=True,
    # Another organization's key cannot decrypt it either, so another provider is tried.
    tampered_kind=FailureClass.PERMISSION,
    ends_unmarked=False,
    lacks={
        "stop": "stop: OpenAI's Responses API has no stop sequences",
        "six stops": "stop: OpenAI's Responses API has no stop sequences",
    },
)
# DeepSeek, vLLM, llama.cpp, LM Studio, Groq and others.
_COMPATIBLE = replace(
    _OPENAI,
    name="compatible",
    lacks_parts={
        "web search": "tools: this server does not offer web_search",
        "opaque parts": "tools: this server does not offer web_search",
    },
    host=None,
    api=None,
    behave={"reasoning_field": "reasoning_content"},
    # It shows thinking and takes it back, unsigned.
    shows_thinking=True,
    # All of these servers have low, medium and high, hardly any has more.
    always_thinks=True,
    lacks={},
    # How many each takes is unknown; the simulated one takes as many as OpenAI.
    refuses={"six stops": "array too long"},
)
_OPENROUTER = replace(
    _OPENAI,
    name="openrouter",
    lacks_parts={"custom tool": "tools: OpenRouter does not offer custom"},
    marks_cache=True,
    vendor="openrouter",
    kind="openrouter",
    model="anthropic/claude-sonnet-5",
    path="/api/v1",
    host=None,
    api=None,
    shows_thinking=True,
    is_signed=True,
    reports_cost=True,
    lacks={"six stops": "stop: OpenRouter takes at most 4 texts, not 6"},
)
_ANTHROPIC = Api(
    name="anthropic",
    lacks_parts={
        "sound": "messages[0]: Anthropic does not take sound",
        "custom tool": "tools: Anthropic does not offer custom",
        "picture out": "modalities: Anthropic does not answer with image",
        "sound out": "modalities: Anthropic does not answer with audio",
    },
    marks_cache=True,
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
    reported=ALL_COUNTS,
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
    reported=frozenset(("cached_tokens", "reasoning_tokens")),
    lacks={
        "one at a time": "parallel_tool_calls: Gemini cannot be limited to one call",
        "gif": "Gemini does not take image/gif",
        "plain url": "Gemini fetches images from https:// only",
        "six stops": "stop: Gemini takes at most 5 stop sequences",
    },
    strict='"mode":"VALIDATED"',
    lacks_parts={"custom tool": "tools: Gemini does not offer custom"},
    # Its safety filters stop a reply instead, and a search is never interrupted.
    never=frozenset(("refusal", "pause")),
)
_OLLAMA = Api(
    name="ollama",
    vendor="ollama",
    kind="ollama",
    model="m",
    path="/ollama",
    failed_tool='"Error: broken"',
    counts=("prompt_eval_count", "eval_count"),
    is_signed=False,
    lacks={
        "url": "Ollama takes images only as data, not by URL",
        "plain url": "Ollama takes images only as data, not by URL",
        "forced": "tool_choice: Ollama cannot force a tool call",
        "forced by name": "tool_choice: Ollama cannot force a tool call",
        "forced while thinking": "tool_choice: Ollama cannot force a tool call",
        "one at a time": "parallel_tool_calls: Ollama cannot be limited to one call",
    },
    lacks_parts={
        "pdf": "Ollama does not take a PDF: send its text instead",
        "pdf by url": "Ollama does not take a PDF: send its text instead",
        "pdf from a tool": "Ollama does not take a PDF: send its text instead",
        "strict tool": "tools: Ollama has no strict tools: leave out strict",
        "custom tool": "tools: Ollama does not offer custom",
        "web search": "tools: Ollama does not offer web_search",
        "opaque parts": "tools: Ollama does not offer web_search",
        "pause": "tools: Ollama does not offer web_search",
        "picture out": "modalities: Ollama does not answer with image",
        "sound out": "modalities: Ollama does not answer with audio",
    },
    never=frozenset(("refusal",)),
)

APIS = {
    api.name: api
    for api in (_OPENAI, _RESPONSES, _ANTHROPIC, _GEMINI, _OPENROUTER, _OLLAMA, _COMPATIBLE)
}
