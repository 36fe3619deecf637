"""Tools that run at the provider, in words of ours where there are some.

A search that says whether it may reach the live web is Codex's, which offers one with each request.
It is left out where a request is translated: it is an offer, not an order. Another vendor's search
has a price of its own, may reach further than the user allowed, and most servers have none.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from aircherd.http_api.dialects.common.reading import text_of
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.vocabulary.content.tools import Tool


class _Filters(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None


class _Search(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A web search; what is not read here only makes it better."""

    type: str
    external_web_access: bool | None = None
    filters: _Filters | None = None
    search_context_size: str | None = None
    search_content_types: list[str] | None = None
    user_location: msgspec.Raw = msgspec.Raw()


class _Container(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    type: Literal["auto"]
    memory_limit: str | None = None


class _Code(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    type: str
    container: _Container


class _Mcp(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    type: str
    server_label: str
    server_url: str
    authorization: str | None = None
    server_description: str | None = None
    allowed_tools: list[str] | None = None
    require_approval: Literal["always", "never"] | None = None


_SEARCH: Final = msgspec.json.Decoder(_Search)
_CODE: Final = msgspec.json.Decoder(_Code)
_MCP: Final = msgspec.json.Decoder(_Mcp)


def read_hosted(raw: msgspec.Raw, kind: str, path: str, notes: Unsaid) -> Tool | None:
    """Return a tool that runs at the provider, None if it is left out.

    What has no word of ours is noted, and passed on in the vendor's own form: its price counts.
    """
    reader = _READERS.get(kind.partition("_preview")[0].partition("_2025")[0])
    try:
        if reader is not None:
            return reader(raw)
    except ValueError:
        pass  # it has something that we have no word for
    notes.add(f'{path}.type "{kind}"')
    return Tool(type="vendor", api="responses", data=text_of(raw))


def _search(raw: msgspec.Raw) -> Tool | None:
    search = _SEARCH.decode(raw)
    if search.external_web_access is not None:
        return None
    filters = search.filters or _Filters()
    return Tool(
        type="web_search",
        allowed_domains=filters.allowed_domains or [],
        blocked_domains=filters.blocked_domains or [],
    )


def _code(raw: msgspec.Raw) -> Tool:
    _CODE.decode(raw)
    return Tool(type="code_execution")


def _mcp(raw: msgspec.Raw) -> Tool:
    mcp = _MCP.decode(raw)
    return Tool(
        type="mcp",
        name=mcp.server_label,
        description=mcp.server_description,
        url=mcp.server_url,
        token=mcp.authorization,
        allowed_tools=mcp.allowed_tools or [],
        # OpenAI asks unless it says otherwise; another vendor would call without asking.
        approval=mcp.require_approval or "always",
    )


_READERS: Final[dict[str, Callable[[msgspec.Raw], Tool | None]]] = {
    "web_search": _search,
    "code_interpreter": _code,
    "mcp": _mcp,
}
