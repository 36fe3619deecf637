"""A `message` in a stream: it repeats what deltas brought, or is all of the reply so far."""

from aircherd.providers.chat_completions.thinking import ThinkingFields
from aircherd.vocabulary.text import TextBuffer

_FIELDS = ("content", "reasoning", "reasoning_content")


class Snapshots:
    """Cuts from each message the texts that earlier messages had."""

    def __init__(self) -> None:
        self._texts = {name: _SoFar() for name in _FIELDS}

    def cut(self, message: ThinkingFields) -> None:
        """Leave in `message` only what is new."""
        for name, so_far in self._texts.items():
            text = getattr(message, name)
            if type(text) is str and text:
                setattr(message, name, so_far.new_in(text))


class _SoFar:
    """One text as far as it came."""

    def __init__(self) -> None:
        self._text = TextBuffer()
        self._size = 0

    def new_in(self, text: str) -> str:
        """Return what is new in `text`, which is all of it if it does not begin with the rest."""
        if 0 < self._size <= len(text) and text.startswith(str(self._text)):
            text = text[self._size :]
        self._text.add(text)
        self._size += len(text)
        return text
