"""The OpenAI chat-completions API, as spoken by OpenAI, OpenRouter, Ollama and many servers.

"Compatible" servers differ in small ways, and all of these are met here: null or missing fields,
tool calls without or with repeated indices, whole calls in one chunk, no `[DONE]`, counts as text.
"""

from aircherd.config.model import Provider
from aircherd.providers.adapter import (
    HttpCall,
    Turn,
    bearer,
    call_headers,
    chat_headers,
    encode_body,
    parse_object,
    result_text,
    turns,
)
from aircherd.providers.openai_reply import OpenAIStream, read_models, read_whole
from aircherd.vocabulary.chat import ChatRequest, NamedTool, Tool, ToolChoice
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import ToolCallPart, ToolResultPart
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret

OPENAI_ITSELF = "https://api.openai.com:443"


class OpenAIChat:
    """The adapter. `prefix` is put before the chat path; `check_path` is free and proves a key."""

    def __init__(self, *, prefix: str = "", check_path: str = "/models") -> None:
        self._prefix = prefix
        self._check_path = check_path

    def chat_call(
        self, provider: Provider, request: ChatRequest, model: Model, key: Secret | None
    ) -> HttpCall:
        """Translate `request`; see `Adapter`."""
        return HttpCall(
            "POST",
            self._root(provider) + self._prefix + "/chat/completions",
            chat_headers(provider, bearer(key), stream=request.stream),
            encode_body(_body(provider, request, model.id), request.extra),
        )

    def reply_decoder(self) -> OpenAIStream:
        """Return a decoder for one streamed reply."""
        return OpenAIStream()

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return the events of a reply in one piece; see `Adapter`."""
        return read_whole(body)

    def key_check_call(self, provider: Provider, key: Secret) -> HttpCall:
        """Return the free check: for most vendors the list of models."""
        url = self._root(provider) + self._check_path
        return HttpCall("GET", url, call_headers(provider, bearer(key)))

    def models_call(self, provider: Provider, key: Secret | None) -> HttpCall:
        """Return the call that lists the models; see `Adapter`."""
        url = self._root(provider) + self._prefix + "/models"
        return HttpCall("GET", url, call_headers(provider, bearer(key)))

    def read_models(self, body: bytes) -> list[Model]:
        """Return what is listed; see `Adapter`."""
        return read_models(body)

    def _root(self, provider: Provider) -> str:
        # People copy Ollama's URL with and without the /v1 of its compatible half.
        return provider.base_url.removesuffix(self._prefix) if self._prefix else provider.base_url

    def __repr__(self) -> str:
        return f"<OpenAIChat {self._prefix}/chat/completions, check {self._check_path}>"


# ------------------------------------------------------------------ out: the request


def _body(provider: Provider, request: ChatRequest, model: str) -> dict[str, object]:
    body: dict[str, object] = {"model": model, "messages": _messages(request)}
    if request.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        if request.tool_choice is not None:
            body["tool_choice"] = _tool_choice(request.tool_choice)
    if request.max_tokens is not None:
        # OpenAI's newer models refuse the old name, many other servers do not know the new one.
        itself = provider.origin == OPENAI_ITSELF
        body["max_completion_tokens" if itself else "max_tokens"] = request.max_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.stop:
        body["stop"] = request.stop
    return body


def _messages(request: ChatRequest) -> list[dict[str, object]]:
    messages: list[dict[str, object]] = []
    if request.system:
        messages.append({"role": "system", "content": request.system})
    for turn in turns(request.messages):
        messages += _turn_messages(turn)
    return messages


def _turn_messages(turn: Turn) -> list[dict[str, object]]:
    # Answers to tools come first: they must follow the calls directly.
    messages = [_tool_message(result) for result in turn.results]
    # One string, not a list of parts: servers exist that take nothing else.
    text = "\n\n".join(turn.text)
    if turn.calls:
        calls = [_call(call) for call in turn.calls]
        messages.append({"role": "assistant", "content": text or None, "tool_calls": calls})
    elif turn.text or not turn.results:
        messages.append({"role": turn.role, "content": text})
    return messages


def _tool_message(result: ToolResultPart) -> dict[str, object]:
    text = result_text(result)
    # This API has no field for a failed tool, so the text says it.
    content = f"Error: {text}" if result.is_error else text
    return {"role": "tool", "tool_call_id": result.id, "content": content}


def _call(call: ToolCallPart) -> dict[str, object]:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": call.id, "type": "function", "function": function}


def _tool(tool: Tool) -> dict[str, object]:
    parameters = parse_object(tool.parameters, f"parameters of tool {tool.name!r}")
    function: dict[str, object] = {"name": tool.name, "parameters": parameters}
    if tool.description is not None:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _tool_choice(choice: ToolChoice) -> object:
    if isinstance(choice, NamedTool):
        return {"type": "function", "function": {"name": choice.name}}
    return choice
