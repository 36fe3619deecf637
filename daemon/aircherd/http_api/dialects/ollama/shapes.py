"""The shapes of Ollama's requests. Fields that are not known are ignored, as Ollama does it."""

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An object of the API."""


class Function(Shape, frozen=True):
    """The function of a call."""

    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


class Call(Shape, frozen=True):
    """A call that the model made. Some clients do not send the id back."""

    function: Function
    id: str | None = None


class OllamaMessage(Shape, frozen=True):
    """One message. A tool's answer names its tool, in old clients with `name`, or does not."""

    role: str
    content: str | None = None
    images: list[str] | None = None
    tool_calls: list[Call] | None = None
    tool_name: str | None = None
    name: str | None = None
    tool_call_id: str | None = None


class ToolFunction(Shape, frozen=True):
    """A function of the client."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = msgspec.Raw()


class OllamaTool(Shape, frozen=True):
    """A tool."""

    type: str | None = "function"
    function: ToolFunction | None = None


class Options(Shape, frozen=True):
    """The options that are known elsewhere, too; a server of local models has many more."""

    temperature: float | None = None
    top_p: float | None = None
    num_predict: float | None = None
    stop: list[str] | str | None = None


class Request(Shape, frozen=True):
    """What requests for chats and for completions have in common."""

    model: str
    stream: bool | None = None
    format: msgspec.Raw = msgspec.Raw()
    options: Options | None = None
    think: bool | str | None = None
    logprobs: bool | None = None


class Chat(Request, frozen=True):
    """A request for a chat."""

    messages: list[OllamaMessage] | None = None
    tools: list[OllamaTool] | None = None


class Generate(Request, frozen=True):
    """A request for a completion."""

    prompt: str | None = None
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    context: list[int] | None = None
    raw: bool | None = None
    images: list[str] | None = None
    width: int | None = None
    height: int | None = None


class Embed(Shape, frozen=True):
    """A request for embeddings; `prompt` is the input of the old call."""

    model: str
    input: str | list[str] | None = None
    prompt: str | None = None


class Named(Shape, frozen=True):
    """A request about one model; old clients call it `name`."""

    model: str | None = None
    name: str | None = None
