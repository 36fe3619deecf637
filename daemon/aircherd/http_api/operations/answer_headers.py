"""The headers that tell what answered: pure."""

from aircherd.http_api.call import Headers
from aircherd.vocabulary.attempt import ChatResult

PROVIDER, MODEL = "x-aircher-provider", "x-aircher-model"
ATTEMPTS, CARRIED, COST = "x-aircher-attempts", "x-aircher-carried", "x-aircher-cost"

VERBATIM, TRANSLATED = "verbatim", "translated"


def answering_headers(provider: str, model: str, attempts: int, carried: str) -> Headers:
    """Return what is known once the reply has begun."""
    return [
        (PROVIDER, _shown(provider)),
        (MODEL, _shown(model)),
        (ATTEMPTS, str(attempts)),
        (CARRIED, carried),
    ]


def result_headers(result: ChatResult, carried: str) -> Headers:
    """Return what is known once the reply is complete."""
    known = answering_headers(result.provider, result.model, len(result.attempts), carried)
    return [*known, *cost_notes(result)]


def cost_notes(result: ChatResult) -> Headers:
    """Return what is known at the end only."""
    return [] if result.cost is None else [(COST, result.cost)]


def _shown(name: str) -> str:
    """Return a name as the value of a header; models may be called anything."""
    return name if name.isascii() and name.isprintable() else ascii(name)[1:-1]
