"""Thinking in the Responses API: `encrypted_content`, which must be sent back unchanged.

It is bound to the item's id, as with the real API. Nothing is stored, as with `store: false`: an
item without its encrypted content is unknown. Sources: OpenAI's documentation, and refusals
reported in issues, November 2026.
"""

import base64
import binascii
from typing import Any

from aircherd.testing.simulator import script
from aircherd.testing.simulator.errors.bodies import Refusal, refuse

Json = dict[str, Any]

FIELDS = {"type", "id", "summary", "content", "encrypted_content", "status"}
_PREFIX = "gAAAAAB"


def seal(item_id: str, thought: str) -> str:
    """Return the encrypted content of the item with this id."""
    sealed = f"{script.signature(item_id + thought)} {thought}"
    return _PREFIX + base64.urlsafe_b64encode(sealed.encode()).decode()


def check_returned(item: Json, where: str) -> None:
    """Check a reasoning item that is sent back.

    Raises:
        Refusal: it is unknown or was changed.
    """
    if not isinstance(item.get("summary"), list):
        raise refuse(
            "openai",
            f"Missing required parameter: '{where}.summary'.",
            code="missing_required_parameter",
            param=f"{where}.summary",
        )
    for name in item.keys() - FIELDS:
        raise refuse(
            "openai",
            f"Unknown parameter: '{where}.{name}'.",
            code="unknown_parameter",
            param=f"{where}.{name}",
        )
    sealed = item.get("encrypted_content")
    if sealed is None:
        raise unknown_item(item.get("id"))
    thought = _open(str(item.get("id")), sealed)
    summary = "".join(part["text"] for part in item["summary"])
    if thought is None or summary not in ("", thought):
        raise refuse(
            "openai",
            f"The encrypted content {sealed[:4]}...{sealed[-4:]} could not be verified.",
            code="invalid_encrypted_content",
        )


def unknown_item(item_id: object) -> Refusal:
    """Return the refusal of an item that has only an id."""
    message = (
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to "
        "false. Try again with `store` set to true, or remove this item from your input."
    )
    return refuse("openai", message, name="not_found", param="input")


def _open(item_id: str, sealed: str) -> str | None:
    """Return the thought, None if `seal` did not create the content for this item."""
    try:
        opened = base64.urlsafe_b64decode(sealed.removeprefix(_PREFIX)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    mark, _, thought = opened.partition(" ")
    return thought if mark == script.signature(item_id + thought) else None
