"""How the simulated models answer: delays, text, token counts and model names."""

from typing import Literal

import msgspec

DEFAULT_MODELS: dict[str, list[str]] = {
    "openai": ["gpt-5.5", "gpt-5.5-mini", "o4-mini"],
    "anthropic": ["claude-opus-5", "claude-sonnet-5", "claude-haiku-5-5"],
    "gemini": ["gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-2.5-flash"],
    "openrouter": ["openrouter/auto", "anthropic/claude-sonnet-5", "openai/gpt-5.5"],
    "ollama": ["llama3.2:latest", "qwen3:8b"],
}


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The behaviour of all simulated models.

    Attributes:
        text: the reply to every ordinary prompt; None echoes the prompt.
        turns: the model as a tool's partner over several rounds: the reply to a request with tools,
            by how many rounds of calls its conversation has. Each is read like a prompt, so
            `call NAME {json}` is a call, and other text is said. The rest is answered as usual.
        first_delay: seconds between the request and the head of the response.
        delay: seconds between two writes of a stream.
        events_per_write: pieces of output that are sent together, to simulate fast providers.
        cached_tokens: input tokens reported as read from a cache (at most all of them).
        cache_write_tokens: input tokens reported as written to a cache.
        reasoning_tokens: output tokens reported for hidden thinking.
        reasoning_field: the field in which an OpenAI-compatible server shows thinking,
            `reasoning_content` or `reasoning`; None shows none, like OpenAI itself.
        model_fields: further fields of each listed model on an OpenAI-compatible server.
        fixed_models: refuse models that are not listed; otherwise any name is served.
        models: the listed models by vendor.
        repeat_answers: build the response to the same bytes only once, with the same ids and
            times, so that a benchmark does not measure the simulator.
    """

    text: str | None = None
    turns: list[str] = []
    first_delay: float = 0.0
    delay: float = 0.0
    events_per_write: int = 1
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    reasoning_field: Literal["reasoning_content", "reasoning"] | None = None
    model_fields: dict[str, object] = {}
    fixed_models: bool = False
    models: dict[str, list[str]] = msgspec.field(default_factory=lambda: dict(DEFAULT_MODELS))
    repeat_answers: bool = False

    def __post_init__(self) -> None:
        if self.events_per_write < 1 or self.first_delay < 0 or self.delay < 0:
            raise ValueError("delays must not be negative, events_per_write must be at least 1")

    def serves(self, vendor: str, model: str) -> bool:
        """Return whether a request for this model is answered."""
        return not self.fixed_models or model in self.models.get(vendor, [])
