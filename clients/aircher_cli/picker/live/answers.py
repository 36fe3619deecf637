"""What a response of the daemon changes in the view; fields of an unexpected type are empty."""

from dataclasses import replace

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.values import Map, as_map, number, records, text, texts, without_label

_BEST_FIRST = (
    "authenticated",
    "unverified",
    "not_required",
    "locked",
    "unreadable",
    "rejected",
    "refused",
    "not_configured",
)
"""The order in which the daemon chooses the state of a provider among those of its keys."""


def with_status(view: DaemonView, result: Map) -> DaemonView:
    """Take a response to `status`."""
    default = as_map(result.get("default"))
    candidates = tuple(texts(default.get("candidates")))
    providers = tuple(records(result.get("providers")))
    view = replace(
        view,
        providers=providers,
        config=as_map(result.get("config")),
        default_candidates=candidates,
        health=_with_provider_rows(view.health, providers),
        last_errors=_latest_errors(view.last_errors, providers),
        tasks=_models_of_tasks(records(result.get("tasks"))),
        lock=as_map(result.get("lock")),
        is_in_fleet=bool(result.get("shared")),
    )
    return mark_default(view, text(default.get("model")) or next(iter(candidates), ""))


def _models_of_tasks(rows: list[Map]) -> dict[str, str]:
    return {text(row.get("name")): text(row["model"]) for row in rows if row.get("model")}


def with_keys(view: DaemonView, result: Map) -> DaemonView:
    """Take a response to `auth.status`."""
    view = replace(
        view,
        keys=tuple(records(result.get("rows"))),
        environment=tuple(texts(result.get("environment"))),
        config=as_map(result.get("config")) or view.config,
        lock=as_map(result.get("lock")),
        keys_refused=_keys_refused(result),
        allowed=as_map(result.get("allowed")),
    )
    return with_states(view)


def _keys_refused(result: Map) -> str:
    """Return why this client can store no key; the lock of all keys is known by itself."""
    refused = as_map(result.get("refused"))
    return "" if refused.get("command") else text(refused.get("message"))


def with_models(view: DaemonView, result: Map, provider: str | None = None) -> DaemonView:
    """Take a response to `models.list`, for all providers or one.

    Its default may be a model of a provider without a key; the status has only usable ones, and
    replaces it.
    """
    models, lists = tuple(records(result.get("models"))), tuple(records(result.get("lists")))
    if provider is not None:
        models = _replace_rows(view.models, models, provider)
        lists = _replace_rows(view.lists, lists, provider)
    if view.providers and not view.default:
        models = tuple(_marked(each, "") for each in models)
    return replace(
        view,
        models=models,
        lists=lists,
        has_models=view.has_models or provider is None,
        aliases=tuple(records(result.get("aliases"))),
        default=view.default if view.providers else text(result.get("default")),
    )


def with_limits(view: DaemonView, result: Map) -> DaemonView:
    """Take a response to `limits.status`."""
    return replace(view, limits=tuple(records(result.get("limits"))))


def with_spend(view: DaemonView, today: Map, month: Map) -> DaemonView:
    """Take two responses to `usage.report` by provider."""
    return replace(view, spend_today=_by_provider(today), spend_month=_by_provider(month))


def mark_default(view: DaemonView, default: str) -> DaemonView:
    """Set the default model, and mark its row in the list."""
    if default == view.default:
        return view
    first = _first_route(view, default)
    models = tuple(_marked(each, first) for each in view.models)
    return replace(view, default=default, models=models)


def _first_route(view: DaemonView, default: str) -> str:
    """Return the `provider/model` of a default: of an alias, a bare name, or a route."""
    alias = next((each for each in view.aliases if each.get("name") == default), None)
    if alias is not None:
        return without_label(next(iter(texts(alias.get("routes"))), ""))
    if not default or "/" in default:
        return without_label(default)
    names = (*view.default_candidates, *(_full_name(each) for each in view.models))
    return next((name for name in names if name.partition("/")[2] == default), "")


def with_states(view: DaemonView) -> DaemonView:
    """Give providers the state of their best key, as the daemon does.

    The rows of models have it too, but nothing here reads it there: there are thousands.
    """
    best: dict[str, str] = {}
    for row in view.keys:
        name, state = text(row.get("provider")), text(row.get("state"))
        if _rank(state) < _rank(best.get(name, "")):
            best[name] = state
    return replace(view, providers=_with_state(view.providers, best))


def _rank(state: str) -> int:
    return _BEST_FIRST.index(state) if state in _BEST_FIRST else len(_BEST_FIRST)


def _with_state(rows: tuple[Map, ...], best: dict[str, str]) -> tuple[Map, ...]:
    """Return the rows with their provider's state; the same tuple if nothing differs."""
    found = [(row, best.get(text(row.get("provider")))) for row in rows]
    if all(state is None or row.get("state") == state for row, state in found):
        return rows
    return tuple(row if state is None else {**row, "state": state} for row, state in found)


def _marked(row: Map, first: str) -> Map:
    is_default = _full_name(row) == first
    if is_default == bool(row.get("is_default")):
        return row
    if is_default:
        return {**row, "is_default": True}
    return {name: value for name, value in row.items() if name != "is_default"}


def _full_name(row: Map) -> str:
    return f"{text(row.get('provider'))}/{text(row.get('model'))}"


def _replace_rows(before: tuple[Map, ...], rows: tuple[Map, ...], provider: str) -> tuple[Map, ...]:
    """Return the rows with those of one provider replaced, where they were or at the end."""
    at = next((i for i, row in enumerate(before) if row.get("provider") == provider), len(before))
    rest = [row for row in before[at:] if row.get("provider") != provider]
    return (*before[:at], *rows, *rest)


def _with_provider_rows(health: tuple[Map, ...], providers: tuple[Map, ...]) -> tuple[Map, ...]:
    """Return the rows of health with those of whole providers as `status` has them."""
    names = ("provider", "health", "health_reason", "until")
    rows = [
        {name: each[name] for name in names if name in each}
        for each in providers
        if "health" in each
    ]
    return (*rows, *(each for each in health if "key" in each or "model" in each))


def _latest_errors(known: dict[str, Map], providers: tuple[Map, ...]) -> dict[str, Map]:
    """Return the latest error of each provider, seen or reported; those of others are dropped."""
    latest: dict[str, Map] = {}
    for each in providers:
        name = text(each.get("provider"))
        rows = [row for row in (known.get(name), as_map(each.get("last_failure"))) if row]
        if rows:
            latest[name] = max(rows, key=lambda row: number(row.get("at")) or 0.0)
    return latest


def _by_provider(report: Map) -> dict[str, Map]:
    return {text(row.get("provider")): row for row in records(report.get("rows"))}
