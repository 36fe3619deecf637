"""The tools that a model may use: the client's functions, and what runs at the provider."""

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Literal, NamedTuple

import msgspec

from aircherd.vocabulary.content.cache import CacheMark
from aircherd.vocabulary.content.media import is_web_address

ToolType = Literal[
    "function", "custom", "web_search", "code_execution", "file_search", "mcp", "vendor"
]

WITHOUT_SETTINGS: tuple[ToolType, ...] = ("web_search", "code_execution")
"""Tools that run at the provider and need nothing but their type."""

VendorApi = Literal["anthropic", "chat", "responses", "gemini", "openrouter", "ollama"]

_FIELDS: dict[str, frozenset[str]] = {
    "function": frozenset({"name", "description", "parameters", "strict", "cache"}),
    "custom": frozenset({"name", "description", "format", "cache"}),
    "web_search": frozenset({"max_uses", "allowed_domains", "blocked_domains", "cache"}),
    "code_execution": frozenset({"cache"}),
    "file_search": frozenset({"stores", "max_results", "cache"}),
    "mcp": frozenset({"name", "url", "token", "allowed_tools", "approval", "cache"}),
    "vendor": frozenset({"api", "data", "cache"}),
}
"""Type of tool -> the fields that it may have."""

_REQUIRED: dict[str, tuple[str, ...]] = {
    "function": ("name",),
    "custom": ("name",),
    "file_search": ("stores",),
    "mcp": ("name", "url"),
    "vendor": ("api", "data"),
}

NO_PARAMETERS = '{"type":"object","properties":{}}'

Names = Annotated[list[str], msgspec.Meta(max_length=1000)]


class Tool(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """A tool. Without a `type` it is a function of the client.

    Attributes:
        name: of a function, a custom tool, or an MCP server.
        description: what it is for.
        parameters: a function's JSON Schema, as a JSON string.
        type: `function` and `custom` are called by the model and run by the client; a custom tool
            gets any text. The others run at the provider. `vendor` is a tool in the vendor's own
            form: `data` is its JSON as a string, `api` the API that knows it.
        strict: the arguments must match the schema.
        cache: marks the tools up to this one for the provider's cache.
        format: a custom tool's grammar, as a JSON string.
        max_uses: of a search in one answer.
        allowed_domains: that a search is limited to; or `blocked_domains`.
        stores: the ids of the vendor's file stores to search.
        url: of an MCP server; `token` is what it asks for, `allowed_tools` limits it, `approval`
            says whether each call must be approved.
    """

    name: str = ""
    description: str | None = None
    parameters: str = NO_PARAMETERS
    type: ToolType = "function"
    strict: bool | None = None
    cache: CacheMark = False
    format: str | None = None
    max_uses: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    allowed_domains: Names = []
    blocked_domains: Names = []
    stores: Names = []
    max_results: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    url: str | None = None
    token: str | None = None
    allowed_tools: Names = []
    approval: Literal["always", "never"] | None = None
    api: VendorApi | None = None
    data: str | None = None

    def __post_init__(self) -> None:
        others = _OTHERS[self.type]
        if others.read(self) != others.defaults:
            raise ValueError(_wrong_field(self))
        for name in _REQUIRED.get(self.type, ()):
            if not getattr(self, name):
                kind = "" if self.type == "function" else f" of type {self.type}"
                raise ValueError(f"a tool{kind} needs {name}")
        if self.url is not None and not is_web_address(self.url):
            # Not the URL: it may hold a secret.
            raise ValueError("the url of an MCP server has to be https://HOST/PATH")
        if self.allowed_domains and self.blocked_domains:
            raise ValueError("a search has allowed_domains or blocked_domains, not both")

    @property
    def is_hosted(self) -> bool:
        """Whether it runs at the provider."""
        return self.type not in ("function", "custom")

    def __repr__(self) -> str:
        # Not the fields: an MCP server's token is among them.
        return f"<Tool {self.type} {self.name!r}>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("tool", repr(self))]


class _Others(NamedTuple):
    """The fields that tools of one type do not have, and what they are then."""

    read: Callable[[Tool], tuple[object, ...]]
    defaults: tuple[object, ...]


def _default(field: msgspec.structs.FieldInfo) -> object:
    factory = field.default_factory
    return field.default if factory is msgspec.NODEFAULT else factory()


_DEFAULTS = {field.name: _default(field) for field in msgspec.structs.fields(Tool)}


def _others(tool_type: str) -> _Others:
    allowed = _FIELDS[tool_type]
    names = [name for name in _DEFAULTS if name != "type" and name not in allowed]
    return _Others(attrgetter(*names), tuple(_DEFAULTS[name] for name in names))


_OTHERS = {tool_type: _others(tool_type) for tool_type in _FIELDS}


def _wrong_field(tool: Tool) -> str:
    allowed = _FIELDS[tool.type] | {"type"}
    wrong = next(
        name
        for name, default in _DEFAULTS.items()
        if name not in allowed and getattr(tool, name) != default
    )
    return f"a tool of type {tool.type} has no {wrong}"
