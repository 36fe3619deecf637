"""Continues a turn that the provider paused, until it is over. Imported only after a pause.

A provider pauses a long turn of hosted tools. It goes on when the conversation is sent back with
the reply so far at its end, to the same model: only that one can use the tools' results in it.
"""

import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from aircher_cli.commands.ask.reply import reply_text
from aircher_cli.values import Map, as_map, number, records, text
from aircher_client import Client, DaemonError

MAX_PAUSES = 10
"""A turn is continued at most this often."""


def continue_turn(
    client: Client,
    request: Map,
    paused: Map,
    on_delta: Callable[[Map], object],
    *,
    started: float,
    now: Callable[[], float] = time.monotonic,
) -> Map:
    """Return the result of the whole turn; its `finish` is `pause` if it was not completed.

    The request's timeout, in seconds from `started`, covers all parts of the turn.

    Raises:
        DaemonError: as `Client.chat`; its `text` is that of the whole turn.
        DaemonUnreachable: as `Client.chat`.
    """
    whole, count = paused, 0
    while whole.get("finish") == "pause" and count < MAX_PAUSES:
        request_now = _next_request(request, whole, now() - started)
        if request_now is None:
            break
        count += 1
        try:
            whole = join_results(whole, client.chat(request_now, on_delta))
        except DaemonError as error:
            # What came before the failure has been paid for, and may not be shown yet.
            so_far = reply_text(whole) + text(error.data.get("text"))
            raise DaemonError(error.code, error.message, {**error.data, "text": so_far}) from None
    return whole


def _next_request(request: Map, whole: Map, elapsed: float) -> Map | None:
    """Return the request that continues the turn; None if there is no time left.

    A reply without parts cannot be sent back.
    """
    if not _parts(whole):
        return None
    changes: Map = {"messages": [*records(request.get("messages")), as_map(whole.get("message"))]}
    if whole.get("provider") and whole.get("model"):
        changes["model"] = f"{whole['provider']}/{whole['model']}"
    timeout = number(request.get("timeout"))
    if timeout is not None:
        if elapsed >= timeout:
            return None
        changes["timeout"] = timeout - elapsed
    return {**request, **changes}


def join_results(first: Map, second: Map) -> Map:
    """Return two results of one turn as one: the parts in order, usage and cost added up."""
    message = as_map(second.get("message"))
    content = [*_parts(first), *_parts(second)]
    return {
        **second,
        "message": {**message, "content": content},
        "usage": _add_usage(first.get("usage"), second.get("usage")),
        "cost": _add_cost(first.get("cost"), second.get("cost")),
        "attempts": [*records(first.get("attempts")), *records(second.get("attempts"))],
        "skipped": [*records(first.get("skipped")), *records(second.get("skipped"))],
    }


def _parts(result: Map) -> list[Map]:
    content = as_map(result.get("message")).get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else records(content)


def _add_usage(first: object, second: object) -> Map | None:
    """Add token counts; the sum is unknown if one is."""
    if not (isinstance(first, dict) and isinstance(second, dict)):
        return None
    names = dict.fromkeys([*first, *second])
    return {name: _count(first, name) + _count(second, name) for name in names}


def _count(usage: Map, name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) else 0


def _add_cost(first: object, second: object) -> str | None:
    """Add costs in USD exactly; the sum is unknown if one is."""
    try:
        return f"{Decimal(text(first)) + Decimal(text(second)):f}"
    except InvalidOperation:
        return None
