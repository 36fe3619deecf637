"""The candidate that answered last in each conversation. In memory only: lost on restart."""

from collections import OrderedDict

from aircherd.routing.candidate import Candidate

MAX_CONVERSATIONS = 1000

PreferredCandidate = tuple[str, str, str | None]
"""Provider, model and key of the candidate that answered last."""


class SessionAffinity:
    """Keeps the most recently used conversations."""

    def __init__(self) -> None:
        self._preferred: OrderedDict[str, PreferredCandidate] = OrderedDict()

    def note_answer(self, candidate: Candidate, conversation: str) -> None:
        """Record that `candidate` answered in `conversation`."""
        self._preferred[conversation] = (candidate.provider.name, candidate.model.id, candidate.key)
        self._preferred.move_to_end(conversation)
        if len(self._preferred) > MAX_CONVERSATIONS:
            self._preferred.popitem(last=False)

    def preferred(self, conversation: str) -> PreferredCandidate | None:
        """Return the candidate that answered last in this conversation."""
        return self._preferred.get(conversation)

    def __repr__(self) -> str:
        return f"<SessionAffinity of {len(self._preferred)} conversations>"
