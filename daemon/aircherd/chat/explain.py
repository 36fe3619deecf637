"""Why a request would go where it would go: the plan, with nobody asked."""

import msgspec

from aircherd.catalog import cost as prices
from aircherd.chat.live_state import LiveRoutingState
from aircherd.chat.request.requirements import requirements_of
from aircherd.chat.services import ChatServices
from aircherd.config.model import Config
from aircherd.routing.candidate import Candidate
from aircherd.routing.plan import Plan, RouteQuery, passed_over, plan
from aircherd.vocabulary.chat import ChatRequest, Requirements


def explain(
    services: ChatServices, config: Config, request: ChatRequest, client: str
) -> dict[str, object]:
    """Return who would be asked now, in order, and who would not.

    `{strategy, candidates: [{provider, model, key?, price?, output_tokens, why, until?}], skipped:
    [...], needs}`; a price is what the request would cost in USD for so many tokens out, as far as
    that can be guessed.

    Raises:
        UnknownModel, BadRequest: the request names what does not exist.
    """
    needs = requirements_of(request)
    wish = RouteQuery(
        model=request.model,
        options=request.route,
        requirements=needs,
        conversation=request.conversation,
    )
    view = LiveRoutingState(services, needs, client)
    decided = plan(wish, config, view)
    steps = list(decided.steps())
    candidates = [step for step in steps if isinstance(step, Candidate)]
    return {
        "strategy": decided.strategy,
        "max_attempts": config.fallback.max_attempts,
        "needs": msgspec.to_builtins(needs),
        "candidates": [_candidate_row(each, decided, view, needs) for each in candidates],
        "skipped": [msgspec.to_builtins(skip) for skip in passed_over(steps)],
    }


def _candidate_row(
    candidate: Candidate, decided: Plan, view: LiveRoutingState, needs: Requirements
) -> dict[str, object]:
    row: dict[str, object] = {
        "provider": candidate.provider.name,
        "model": candidate.model.id,
        "output_tokens": view.expected_output(candidate.provider.name, candidate.model),
        "why": _why(candidate, decided, view) + _doubt(candidate, needs),
    }
    if candidate.key is not None:
        row["key"] = candidate.key
    price = view.price(candidate.provider.name, candidate.model)
    if price is not None:
        row["price"] = prices.decimal_text(price)
    cooling = view.cooling(candidate.provider.name, candidate.key, candidate.model.id)
    if cooling is not None and cooling.until is not None:
        row["until"] = cooling.until
    return row


def _doubt(candidate: Candidate, needs: Requirements) -> str:
    """Say where a request may be too long: a guess at its size is not enough to leave one out."""
    window = candidate.model.window
    if window is None or needs.input_tokens <= window:
        return ""
    return f"; too long for its window of {window:,} tokens, if the guess is right"


def _why(candidate: Candidate, decided: Plan, view: LiveRoutingState) -> str:
    """Say why a candidate stands where it stands. There are five cases."""
    cooling = view.cooling(candidate.provider.name, candidate.key, candidate.model.id)
    if cooling is not None:
        manner = "the last resort" if candidate.is_last_resort else "let through to find out"
        return f"{manner}: {cooling.message}"
    if decided.held is not None and decided.held[:2] == (
        candidate.provider.name,
        candidate.model.id,
    ):
        return "answered last in this conversation"
    if decided.strategy != "priority":
        return _rank(candidate, decided, view)
    first = decided.routes[0]
    is_first = (candidate.provider.name, candidate.model.id) == (first.provider, first.model)
    return "first in the chain" if is_first else "next in the chain"


def _rank(candidate: Candidate, decided: Plan, view: LiveRoutingState) -> str:
    if decided.strategy == "cheapest":
        price = view.price(candidate.provider.name, candidate.model)
        return "its price is unknown" if price is None else f"about ${prices.decimal_text(price)}"
    speed = view.speed(candidate.provider.name, candidate.model.id)
    return "nobody measured it yet" if speed is None else f"first words after {_span(speed)}"


def _span(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{max(1, round(seconds * 1000))} ms"
