"""Controls the simulator over HTTP, for tests that run it as another process.

`POST /_control` takes a JSON object and applies its fields in this order:

    clear    true: forget the programmed faults
    forget   true: forget the journal
    revoke   {vendor: key | [keys]}; "*" revokes every key of the vendor
    accept   {vendor: key | [keys]}; "*" accepts any key, and requests without a key
    behaviour  the fields of `Behaviour` to change
    faults   a list of `Fault`

`GET /_journal?since=N` returns `{"total", "requests": [...]}`, the requests with a number above N.
These two requests are not recorded in the journal.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from aircherd.testing.simulator.behaviour import Behaviour
from aircherd.testing.simulator.faults import Fault
from aircherd.testing.simulator.http.wire import Request
from aircherd.testing.simulator.journal import Journal
from aircherd.testing.simulator.reply import Whole, json_reply
from aircherd.testing.simulator.settings import Settings
from aircherd.testing.simulator.vendors import VENDORS

CONTROL_PATH = "/_control"
JOURNAL_PATH = "/_journal"

KeysByVendor = dict[str, str | list[str]]


class Command(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /_control`."""

    clear: bool = False
    forget: bool = False
    revoke: KeysByVendor = {}
    accept: KeysByVendor = {}
    behaviour: dict[str, Any] = {}
    faults: list[Fault] = []


def answer_control(request: Request, settings: Settings) -> Whole:
    """Apply a command; an invalid one changes nothing and is answered with 400."""
    if request.method != "POST":
        return json_reply(405, {"error": f"POST to {CONTROL_PATH}"}, [])
    try:
        order = msgspec.json.decode(request.body, type=Command)
        behaviour = change_behaviour(settings.behaviour, order.behaviour)
        revoke, accept = _keys(order.revoke), _keys(order.accept)
    except (msgspec.MsgspecError, ValueError) as error:
        return json_reply(400, {"error": str(error)}, [])
    if order.clear:
        settings.faults.clear()
    if order.forget:
        settings.journal.clear()
    for vendor, keys in revoke.items():
        settings.keys.revoke(vendor, *keys)
    for vendor, keys in accept.items():
        settings.keys.accept(vendor, *keys)
    settings.change_behaviour(behaviour)
    settings.faults.add(*order.faults)
    state = {"faults": len(settings.faults), "accepted": settings.keys.counts()}
    return json_reply(200, state, [])


def answer_journal(request: Request, journal: Journal) -> Whole:
    """Return the received requests."""
    since = request.query.get("since", "0")
    after = int(since) if since.isdecimal() else 0
    entries = [received.as_map() for received in journal if received.number > after]
    return json_reply(200, {"total": journal.total, "requests": entries}, [])


def change_behaviour(behaviour: Behaviour, changes: Mapping[str, object]) -> Behaviour:
    """Return the behaviour with some fields changed.

    Raises:
        msgspec.ValidationError: a field is unknown or its value is wrong.
    """
    if not changes:
        return behaviour
    return msgspec.convert({**msgspec.to_builtins(behaviour), **changes}, type=Behaviour)


def _keys(named: KeysByVendor) -> dict[str, list[str]]:
    for vendor in named:
        if vendor not in VENDORS:
            raise ValueError(f"unknown vendor {vendor!r}; there are {', '.join(VENDORS)}")
    return {vendor: [keys] if isinstance(keys, str) else keys for vendor, keys in named.items()}
