"""What a known block has besides its own fields; it goes back to the API too."""

import msgspec

from aircherd.providers.anthropic.blocks.block import MAX_KIND
from aircherd.providers.anthropic.blocks.values import is_blank, text_in
from aircherd.providers.anthropic.citations import Fields
from aircherd.vocabulary.reply import OtherDelta


def besides(fields: Fields, *known: str) -> Fields:
    """Return the fields that are not known and say something."""
    return {
        name: raw
        for name, raw in fields.items()
        if name not in known and name != "type" and not is_blank(raw)
    }


def seal(extras: Fields) -> str | None:
    """Return such fields as a signature, None if there are none."""
    return msgspec.json.encode(extras).decode("utf-8", "replace") if extras else None


def others_of(extras: Fields) -> list[OtherDelta]:
    """Return such fields as parts of their own, where no signature can carry them."""
    return [OtherDelta(name[:MAX_KIND], text_in(raw)) for name, raw in extras.items()]
