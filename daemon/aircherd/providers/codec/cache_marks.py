"""Marks for the prompt cache in the form of the Anthropic Messages API, and their limits.

OpenRouter has them too. The API takes four, and none for an hour after one for five minutes, in the
order of the request: tools, system prompt, messages (Anthropic's documentation on prompt caching,
November 2026). So the last four are kept, because a mark covers all that precedes it; and what
precedes a mark for an hour is kept for an hour too.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from aircherd.vocabulary.content.cache import CacheMark

Block = dict[str, object]

MAX_MARKS: Final = 4
_MARK: Final = "cache_control"


def cache_control(mark: CacheMark) -> Block:
    """Return a cache mark as the API has it."""
    return {"type": "ephemeral", "ttl": "1h"} if mark == "1h" else {"type": "ephemeral"}


def limit_marks(blocks: list[Block], extra: Mapping[str, object]) -> None:
    """Change `blocks`, in the order of the request, so that the API takes their marks.

    `extra` may add marks of its own: in its tools, or one for all of the request.
    """
    marked = [block for block in _nested(blocks) if _MARK in block]
    allowed = max(MAX_MARKS - _marks_in(extra), 0)
    for block in marked[: max(len(marked) - allowed, 0)]:
        del block[_MARK]
    kept = marked[max(len(marked) - allowed, 0) :]
    hours = [at for at, block in enumerate(kept) if _is_for_an_hour(block[_MARK])]
    for block in kept[: hours[-1]] if hours else ():
        block[_MARK] = cache_control("1h")


def _nested(blocks: list[Block]) -> Iterator[Block]:
    """Yield each block; one in a tool's result comes before its result."""
    for block in blocks:
        inner = block.get("content")
        if isinstance(inner, list):
            yield from (each for each in inner if isinstance(each, dict))
        yield block


def _marks_in(extra: Mapping[str, object]) -> int:
    tools = extra.get("tools")
    marked = [each for each in tools if _MARK in each] if isinstance(tools, list) else []
    return len(marked) + (_MARK in extra)


def _is_for_an_hour(mark: object) -> bool:
    if isinstance(mark, msgspec.Raw):  # of a tool in the vendor's own form
        return b'"1h"' in bytes(mark)
    return isinstance(mark, dict) and mark.get("ttl") == "1h"
