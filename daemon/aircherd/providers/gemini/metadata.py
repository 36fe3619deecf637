"""What a reply says about itself as a whole: sources, blocked content, log probabilities.

It is no part of the conversation, so it comes after everything else and does not go back. Every
field of a candidate that this program does not know is collected here too.
"""

from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.codec.json_in import branch
from aircherd.providers.gemini.grounding import AnswerText, CitationReader
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import AboutDelta, CitationDelta, OtherDelta, ReplyEvent

MAX_METADATA: Final = 7_000_000
"""Bytes of all of it in one reply."""

VALUE_COST: Final = 200
"""Bytes that each value counts for: empty ones take memory too."""

MAX_KIND: Final = 200
"""Characters of a field's name."""

CANDIDATE: Final = "candidate"
"""The name of what further candidates are."""

_EMPTY: Final = (b"null", b"{}", b"[]", b'""')
_CITED: Final = ("groundingMetadata", "citationMetadata")
_ANY = msgspec.json.Decoder()


class ReplyMetadata:
    """The metadata so far. A later value that contains an earlier one replaces it."""

    def __init__(self) -> None:
        self._values: dict[str, list[bytes]] = {}
        self._size = 0

    def add(self, name: str, raw: msgspec.Raw) -> None:
        """Collect one field.

        Raises:
            ProviderFailed: PROTOCOL: there is too much of it.
        """
        value = bytes(raw)
        if value in _EMPTY or (name == "safetyRatings" and not _is_blocked(raw)):
            return
        values = self._values.setdefault(name[:MAX_KIND], [])
        if values and _contains(value, values[-1]):
            self._size -= len(values.pop()) + VALUE_COST
        values.append(value)
        self._size += len(value) + VALUE_COST
        if self._size > MAX_METADATA:
            fail(FailureClass.PROTOCOL, f"sent more than {MAX_METADATA} bytes of metadata")

    def close(self, answer: AnswerText) -> list[ReplyEvent]:
        """Return the citations of the answer, then each field as it came."""
        events: list[ReplyEvent] = []
        reader = CitationReader(answer)
        for name in _CITED:
            for value in self._values.get(name, ()):
                found = reader.read(name, branch(_ANY, msgspec.Raw(value)))
                events += [CitationDelta(citation) for citation in found]
        for name, values in self._values.items():
            data = values[0] if len(values) == 1 else b"[%b]" % b",".join(values)
            # A further candidate is another answer.
            kind = OtherDelta if name == CANDIDATE else AboutDelta
            events.append(kind(name, data.decode("utf-8", "replace")))
        return events


def _is_blocked(ratings: msgspec.Raw) -> bool:
    values = branch(_ANY, ratings)
    return not isinstance(values, list) or any(
        isinstance(each, dict) and each.get("blocked") is True for each in values
    )


def _contains(later: bytes, earlier: bytes) -> bool:
    """Return whether a value has all that an earlier one had: streams send growing metadata."""
    if later == earlier:
        return True
    new, old = branch(_ANY, msgspec.Raw(later)), branch(_ANY, msgspec.Raw(earlier))
    if not isinstance(new, dict) or not isinstance(old, dict):
        return False
    return all(_begins_with(new.get(name), value) for name, value in old.items())


def _begins_with(new: object, old: object) -> bool:
    if isinstance(new, list) and isinstance(old, list):
        return new[: len(old)] == old
    return new == old
