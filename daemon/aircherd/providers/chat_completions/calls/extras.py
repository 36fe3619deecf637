"""What a call has besides its own fields, which goes back to the server: its signature."""

import msgspec

from aircherd.providers.chat_completions.parts.fields import Fields, fields_of

_EXTRAS = "tool_call"


def signature_of(extras: Fields) -> str:
    """Return what goes back, as text."""
    return msgspec.json.encode({_EXTRAS: extras}).decode("utf-8", "replace")


def extras_in(signature: str) -> Fields:
    """Return what a call had besides its own fields, by its signature."""
    raw = msgspec.Raw(signature.encode("utf-8", "replace"))
    return fields_of(fields_of(raw).get(_EXTRAS))
