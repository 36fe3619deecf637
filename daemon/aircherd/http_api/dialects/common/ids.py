"""Names for replies, and tool calls' ids that every API takes: pure but for the random numbers."""

import base64
import re
import secrets
from typing import Final

_SAFE: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PACKED: Final = re.compile(r"airid_([A-Za-z0-9_-]+)")


def new_id(prefix: str) -> str:
    """Return a new random name that begins with `prefix`."""
    return prefix + secrets.token_hex(12)


def safe_id(call_id: str) -> str:
    """Return a tool call's id as every API takes it; `original_id` undoes it.

    Most ids stay as they are. Those with other characters, or none, are packed.
    """
    if _SAFE.fullmatch(call_id) and not call_id.startswith("airid_"):
        return call_id
    packed = base64.urlsafe_b64encode(call_id.encode("utf-8", "surrogatepass"))
    return "airid_" + packed.decode().rstrip("=") if packed else "airid_0"


def original_id(call_id: str) -> str:
    """Return the id that `safe_id` packed, any other one as it is."""
    found = _PACKED.fullmatch(call_id)
    if found is None:
        return call_id
    try:
        return base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode()
    except ValueError:
        return call_id
