"""What a search found, for Claude Code: it takes the sources of its own web search from blocks.

Other vendors name their sources as citations of the text. So at its end the reply gets the search
of this API with them. Other clients take the last block for the answer, and get citations only.
"""

import secrets
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.carriers import PREFIX
from aircherd.vocabulary.content.citations import Citation

FOUND: Final = PREFIX + "found"
"""Marks a result that this API's own search did not find: it is not sent there."""
OURS: Final = "srvtoolu_air"
"""How the id of a search begins that was not this API's."""
MAX_SOURCES: Final = 100


class _Search(msgspec.Struct, tag_field="type", tag="server_tool_use"):
    id: str
    name: str
    input: dict[str, str]


class _Result(msgspec.Struct, tag_field="type", tag="web_search_result"):
    url: str
    title: str
    encrypted_content: str = FOUND
    page_age: None = None


class _Results(msgspec.Struct, tag_field="type", tag="web_search_tool_result"):
    tool_use_id: str
    content: list[_Result]


SearchBlock = _Search | _Results


class Sources:
    """The web pages that a reply cites, each once."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def add(self, citation: Citation) -> None:
        """Note what a citation names."""
        if citation.url and len(self._found) < MAX_SOURCES:
            self._found[citation.url] = citation.title or citation.url

    def blocks(self) -> list[SearchBlock]:
        """Return the search with its results; nothing if there are none."""
        if not self._found:
            return []
        name = OURS + secrets.token_hex(9)
        results = [_Result(url, title) for url, title in self._found.items()]
        return [_Search(name, "web_search", {"query": ""}), _Results(name, results)]
