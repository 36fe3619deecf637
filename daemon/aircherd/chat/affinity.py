"""Which candidate a conversation stays with. In memory only: a restart forgets it."""

from collections import OrderedDict

from aircherd.routing.candidate import Candidate

MAX_CONVERSATIONS = 1000

Holder = tuple[str, str, str | None]
"""Provider, model and key of the candidate that answered last."""


class SessionAffinity:
    """Remembers the latest conversations; the oldest are forgotten."""

    def __init__(self) -> None:
        self._holders: OrderedDict[str, Holder] = OrderedDict()

    def note_answer(self, candidate: Candidate, conversation: str) -> None:
        """Record that `candidate` answered in `conversation`."""
        self._holders[conversation] = (candidate.provider.name, candidate.model.id, candidate.key)
        self._holders.move_to_end(conversation)
        if len(self._holders) > MAX_CONVERSATIONS:
            self._holders.popitem(last=False)

    def held_by(self, conversation: str) -> Holder | None:
        """Return the candidate that answered last in this conversation."""
        return self._holders.get(conversation)

    def __repr__(self) -> str:
        return f"<SessionAffinity of {len(self._holders)} conversations>"
