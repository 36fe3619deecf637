"""Explains the plan of a request without calling any provider."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from aircherd.catalog import decimal_cost
from aircherd.chat.caller import Caller
from aircherd.chat.chat_errors import providers_without_key
from aircherd.chat.live_state import LiveRoutingState
from aircherd.chat.request.requirements import requirements_of
from aircherd.chat.services import ChatServices
from aircherd.config.model import Config, Provider
from aircherd.errors import NotAuthenticated
from aircherd.routing.candidate import Candidate
from aircherd.routing.plan import Plan, RouteQuery, make_plan, skipped_steps
from aircherd.vocabulary.chat import ChatRequest, Requirements
from aircherd.vocabulary.keys import Health, KeyStatus
from aircherd.vocabulary.models import Model

if TYPE_CHECKING:
    from aircherd.chat.request.projects import ProjectRequest


def explain(
    services: ChatServices, config: Config, request: ChatRequest, caller: Caller
) -> dict[str, object]:
    """Return the candidates that would be called now, in order, and those that would be skipped.

    `{strategy, max_attempts, candidates: [{provider, model, key?, price?, output_tokens, why,
    until?}], skipped: [...], needs, project?, sign_in?}`; `price` is the estimated cost in USD for
    `output_tokens`. `project` is the entry of `[projects]` for the client's folder, if any.

    Raises:
        UnknownModel, BadRequest: the request names what does not exist.
        NotAuthenticated: no provider has a key with the label that is asked for.
        ConfigInvalid: the entry of its task, its alias or the default model is invalid.
    """
    project = None
    if config.projects:
        from aircherd.chat.request.projects import apply_project  # noqa: PLC0415 - rarely used

        project = apply_project(request, caller, config)
    if project is not None:
        request, caller = project.request, project.caller
    if request.task is not None:
        from aircherd.chat.request.tasks import with_task  # noqa: PLC0415 - rarely used

        request = with_task(request, config)
    requirements = requirements_of(request)
    query = RouteQuery(
        model=request.model,
        options=request.route,
        requirements=requirements,
        conversation=request.conversation,
    )
    state = LiveRoutingState(services, requirements, caller)
    try:
        plan = make_plan(query, config, state)
    except NotAuthenticated as error:
        raise without_label(error, services, config, project) from None
    steps = list(plan.steps())
    candidates = [step for step in steps if isinstance(step, Candidate)]
    explained: dict[str, object] = {
        "strategy": plan.strategy,
        "max_attempts": config.fallback.max_attempts,
        "needs": _needs(requirements),
        "candidates": [
            _candidate_row(each, candidates[:index], plan, state, requirements)
            for index, each in enumerate(candidates)
        ],
        "skipped": [msgspec.to_builtins(skip) for skip in skipped_steps(steps)],
    }
    if project is not None:
        explained["project"] = project.name
    if not candidates and (wanted := providers_without_key(explained)):
        has_model = (request.model or config.default_model) is not None
        add_sign_in(explained, services, config, wanted, has_model=has_model)
    return explained


def add_sign_in(
    data: dict[str, object],
    services: ChatServices,
    config: Config,
    wanted: Sequence[str],
    *,
    has_model: bool = True,
) -> None:
    """Add to an error, or to a plan without candidates, what to do about missing keys.

    Nothing is added about a provider that needs no key: signing in to it is refused until its entry
    has changed, which the error's message says.

    Args:
        data: Is changed.
        services: They know the keys, the models and the cooldowns.
        config: The configuration that the request used.
        wanted: The providers without a usable key, as `providers_without_key` returns them.
        has_model: Whether the request names a model, or there is a default.
    """
    keyless = {name for name, each in config.providers.items() if not each.needs_key}
    wanted = [name for name in wanted if name not in keyless]
    if not wanted:
        return
    from aircherd.auth.sign_in import Situation, broken_first, sign_in_data  # noqa: PLC0415 -- rarely needed

    def problem(provider: Provider) -> str | None:
        health, reason, _ = services.provider_client.cooldowns.health(provider.name)
        return reason if health is Health.UNREACHABLE else None

    def listed(provider: Provider) -> Sequence[Model] | None:
        found = services.catalog.cached_list(provider)
        return None if found is None else found.models

    rows = _rows_of_request(services.auth.rows(), data)
    wanted = wanted if has_model else broken_first(wanted, rows)
    situation = Situation(config=config, rows=rows, problem=problem, listed=listed)
    data["sign_in"] = sign_in_data(wanted, situation)


def without_label(
    error: NotAuthenticated,
    services: ChatServices,
    config: Config,
    project: "ProjectRequest | None",
) -> NotAuthenticated:
    """Return an error about a label that no key has, with what to do about it.

    Args:
        error: From `routing.labels.check_labels`.
        services: They know the keys and the models.
        config: The configuration that the request used.
        project: What the client's folder added to the request, if anything.
    """
    error = error if project is None else project.explain(error)
    lacking, reason, known = (error.data.pop(each, None) for each in ("lacking", "reason", "known"))
    labels = dict(lacking) if isinstance(lacking, list) else {}
    add_sign_in(error.data, services, config, list(labels))
    if "sign_in" in error.data:
        from aircherd.auth.sign_in import only_with_labels  # noqa: PLC0415 -- only after this

        why = [reason, known and f"Now {known}"]
        only_with_labels(
            error.data, labels, ". ".join(text for text in why if isinstance(text, str) and text)
        )
    return error


def _rows_of_request(rows: Sequence[KeyStatus], data: dict[str, object]) -> list[KeyStatus]:
    """Return the rows without other keys of providers of which the request used only some.

    With `--key work`, it does not help that another key works.
    """
    used: dict[str, set[str | None]] = {}
    for field in ("attempts", "skipped"):
        found = data.get(field)
        for each in found if isinstance(found, list) else []:
            used.setdefault(each["provider"], set()).add(each.get("key"))
    known = {(row.provider, row.key) for row in rows}
    narrowed = {
        provider: keys
        for provider, keys in used.items()
        if all((provider, key) in known for key in keys)
    }
    return [row for row in rows if row.key in narrowed.get(row.provider, {row.key})]


def _candidate_row(
    candidate: Candidate,
    earlier: Sequence[Candidate],
    plan: Plan,
    state: LiveRoutingState,
    requirements: Requirements,
) -> dict[str, object]:
    row: dict[str, object] = {
        "provider": candidate.provider.name,
        "model": candidate.model.id,
        "output_tokens": state.expected_output(candidate.provider.name, candidate.model),
        "why": _reason(candidate, earlier, plan, state) + _size_warning(candidate, requirements),
    }
    if candidate.key is not None:
        row["key"] = candidate.key
    price = state.price(candidate.provider.name, candidate.model)
    if price is not None:
        row["price"] = decimal_cost.decimal_text(price)
    cooling = state.cooling(candidate.provider.name, candidate.key, candidate.model.id)
    if cooling is not None and cooling.until is not None:
        row["until"] = cooling.until
    return row


def _needs(requirements: Requirements) -> dict[str, object]:
    built = msgspec.to_builtins(requirements)
    return {name: value for name, value in built.items() if value is not None}


def _size_warning(candidate: Candidate, requirements: Requirements) -> str:
    """Warn if a request may be too long: an estimate is not enough to skip a candidate."""
    window = candidate.model.window
    if window is None or requirements.input_tokens <= window:
        return ""
    return f"; too long for its window of {window:,} tokens, if the estimate is right"


def _reason(
    candidate: Candidate, earlier: Sequence[Candidate], plan: Plan, state: LiveRoutingState
) -> str:
    """Return why a candidate has its position in the plan, after the `earlier` ones."""
    cooling = state.cooling(candidate.provider.name, candidate.key, candidate.model.id)
    if cooling is not None:
        kind = "last resort" if candidate.is_last_resort else "probe"
        return f"{kind}: {cooling.message}"
    names = (candidate.provider.name, candidate.model.id)
    if any((each.provider.name, each.model.id) == names for each in earlier):
        return f"next key of {candidate.provider.name}"
    if plan.preferred is not None and plan.preferred[:2] == names:
        return "answered last in this conversation"
    if plan.strategy != "priority":
        return _rank_reason(candidate, plan, state)
    first = plan.routes[0]
    is_first = names == (first.provider, first.model)
    return "first in the chain" if is_first else "next in the chain"


def _rank_reason(candidate: Candidate, plan: Plan, state: LiveRoutingState) -> str:
    if plan.strategy == "cheapest":
        price = state.price(candidate.provider.name, candidate.model)
        return (
            "its price is unknown"
            if price is None
            else f"about ${decimal_cost.decimal_text(price)}"
        )
    latency = state.latency_of(candidate.provider.name, candidate.model.id)
    return "not measured yet" if latency is None else f"first output after {_duration(latency)}"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{max(1, round(seconds * 1000))} ms"
