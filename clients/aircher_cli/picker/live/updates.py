"""What an event changes in the view at once, and what has to be fetched after it.

Events are applied as they come, so that the screen shows them without a round trip; what they do
not say is fetched. Whatever an event lacks, or has in an unexpected type, changes nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from aircher_cli.picker.live.answers import mark_default, with_states
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.values import Map, as_map, records, text, texts

ALL = frozenset({"models", "auth", "status", "limits", "spend"})
"""Everything that is fetched."""
LIST = "models:"
"""Followed by the name of a provider: only the models of this one."""

MAX_ROWS = 2000
"""Of keys, health and limits: more than a daemon keeps. The oldest rows are dropped."""
MAX_ERRORS = 200
"""Providers with a last error."""

_ENVELOPE = frozenset({"topic", "seq", "removed"})
_NO_FAILURE = frozenset({"ok", "cancelled", ""})
_HEALTH = ("health", "health_reason", "until")


def apply_snapshot(view: DaemonView, snapshot: Map) -> DaemonView:
    """Return the view after a subscription: its snapshot replaces what was known."""
    models = as_map(snapshot.get("models"))
    view = replace(
        view,
        keys=tuple(records(snapshot.get("auth"))),
        health=tuple(records(snapshot.get("provider"))),
        limits=tuple(records(snapshot.get("usage"))),
        config=as_map(snapshot.get("config")),
        default=text(models.get("default")) if models else view.default,
    )
    return with_states(view)


def apply_event(view: DaemonView, event: Map) -> DaemonView:
    """Return the view after an event; the same one if the event says nothing that is shown."""
    apply = _APPLIERS.get(text(event.get("topic")))
    return view if apply is None else apply(view, event)


def stale_after(event: Map) -> frozenset[str]:
    """Return what an event makes stale: parts of `ALL`, `rates`, or `LIST` with a provider.

    `rates` are the rate limits in rows of keys, which every response of a provider may change.
    """
    topic = text(event.get("topic"))
    if topic == "config":
        return _stale_after_reload(event)
    if topic == "models":
        return _stale_after_models(event)
    return _STALE.get(topic, frozenset())


_STALE = {
    "auth": frozenset({"auth", "status"}),
    "provider": frozenset({"auth", "status"}),
    "attempt": frozenset({"rates", "limits", "spend"}),
    "usage": frozenset({"limits"}),
    "lagged": ALL,
}


def _stale_after_reload(event: Map) -> frozenset[str]:
    """Return everything, unless only the default model changed: thousands of models stay."""
    paths = {text(change.get("path")) for change in records(event.get("changes"))}
    is_default_only = paths == {"default_model"} and "more" not in event
    return frozenset({"status"}) if event.get("ok") is True and is_default_only else ALL


def _stale_after_models(event: Map) -> frozenset[str]:
    """Return the changed lists, and the status: it says whether a local server runs."""
    lists = frozenset(f"{LIST}{name}" for name in texts(event.get("providers")))
    return (lists if lists or "default" in event else frozenset({"models"})) | {"status"}


# ------------------------------------------------------------------ the topics


def _apply_auth(view: DaemonView, event: Map) -> DaemonView:
    provider = event.get("provider")
    if not isinstance(provider, str) or not isinstance(event.get("state"), str):
        return view
    row = {name: value for name, value in event.items() if name not in {*_ENVELOPE, "at"}}
    name = _key_of(row)
    before = next((each for each in view.keys if _key_of(each) == name), {})
    if event.get("removed") is True:
        keys = [each for each in view.keys if _key_of(each) != name]
        return with_states(replace(view, keys=tuple(keys)))
    # An event has no health and no rate limits: those of the key remain until they are fetched.
    kept = {each: before[each] for each in (*_HEALTH, "rate_limit") if each in before}
    rows = view.keys
    if "key" in row:  # it replaces the row of a provider without any key
        rows = tuple(each for each in rows if _key_of(each) != (provider, ""))
    return with_states(replace(view, keys=_put(rows, {**kept, **row}, _key_of)))


def _apply_provider(view: DaemonView, event: Map) -> DaemonView:
    provider, health = event.get("provider"), event.get("health")
    if not isinstance(provider, str) or not isinstance(health, str):
        return view
    row = {name: value for name, value in event.items() if name not in {*_ENVELOPE, "at"}}
    scope = _scope_of(row)
    if health == "ok" and scope[1:] != ("", ""):
        # The daemon lists no key and no model that is well.
        rows = tuple(each for each in view.health if _scope_of(each) != scope)
    else:
        rows = _put(view.health, row, _scope_of)
    view = replace(view, health=rows)
    if "model" in row:
        return view
    state = {name: row[name] for name in _HEALTH if name in row}
    keys = [
        {**_without_health(each), **state} if _is_in_scope(each, row) else each
        for each in view.keys
    ]
    return _with_provider_health(replace(view, keys=tuple(keys)), provider)


def _apply_attempt(view: DaemonView, event: Map) -> DaemonView:
    provider, outcome = event.get("provider"), event.get("outcome")
    if not isinstance(provider, str) or not isinstance(outcome, str) or outcome in _NO_FAILURE:
        return view
    row = {name: value for name, value in event.items() if name not in _ENVELOPE}
    others = {name: each for name, each in view.last_errors.items() if name != provider}
    return replace(view, last_errors=_newest({**others, provider: row}))


def _apply_usage(view: DaemonView, event: Map) -> DaemonView:
    if not isinstance(event.get("limit"), str):
        return view
    row = {name: value for name, value in event.items() if name not in {*_ENVELOPE, "at"}}
    of_others = (each for each in view.limits if "others" in each)
    if any(_limit_of(each) == _limit_of(row) for each in of_others):
        row["others"] = True  # an event is for all clients
    return replace(view, limits=_put(view.limits, row, _limit_of))


def _apply_config(view: DaemonView, event: Map) -> DaemonView:
    if not isinstance(is_ok := event.get("ok"), bool):
        return view
    config = {**view.config, "ok": is_ok}
    config.pop("problem", None)
    if is_ok:
        config.pop("in_use", None)
    elif isinstance(event.get("problem"), dict):
        config["problem"] = event["problem"]
    return replace(view, config=config)


def _apply_models(view: DaemonView, event: Map) -> DaemonView:
    default = event.get("default")
    return mark_default(view, default) if isinstance(default, str) else view


_APPLIERS: dict[str, Callable[[DaemonView, Map], DaemonView]] = {
    "auth": _apply_auth,
    "provider": _apply_provider,
    "attempt": _apply_attempt,
    "usage": _apply_usage,
    "config": _apply_config,
    "models": _apply_models,
}


# ------------------------------------------------------------------ rows


def _key_of(row: Map) -> tuple[str, ...]:
    return text(row.get("provider")), text(row.get("key"))


def _scope_of(row: Map) -> tuple[str, ...]:
    return text(row.get("provider")), text(row.get("key")), text(row.get("model"))


def _limit_of(row: Map) -> tuple[str, ...]:
    names = ("limit", "provider", "key", "model", "client", "project")
    return tuple(text(row.get(name)) for name in names)


def _put(
    rows: tuple[Map, ...], row: Map, identity: Callable[[Map], tuple[str, ...]]
) -> tuple[Map, ...]:
    """Return the rows with this one in the place of its predecessor, or at the end."""
    name = identity(row)
    if any(identity(each) == name for each in rows):
        return tuple(row if identity(each) == name else each for each in rows)
    return (*rows, row)[-MAX_ROWS:]


def _newest(errors: dict[str, Map]) -> dict[str, Map]:
    """Return the errors without the oldest ones, if there are too many."""
    return dict(list(errors.items())[-MAX_ERRORS:])


def _without_health(row: Map) -> Map:
    return {name: value for name, value in row.items() if name not in _HEALTH}


def _is_in_scope(key: Map, scope: Map) -> bool:
    """Return whether a row of health is about a key: about this one, or all of its provider."""
    is_about_all = "key" not in scope
    return key.get("provider") == scope["provider"] and (
        is_about_all or text(key.get("key")) == text(scope["key"])
    )


def _with_provider_health(view: DaemonView, name: str) -> DaemonView:
    """Give a provider the health of its best key: one that is well is enough."""
    keys = [each for each in view.keys if each.get("provider") == name]
    best = min(keys, key=lambda each: text(each.get("health")) not in {"ok", ""}, default=None)
    if best is None:
        return view
    state = {each: best[each] for each in _HEALTH if each in best}
    health = [each for each in view.health if _scope_of(each) != (name, "", "")]
    return replace(
        view,
        providers=_with_health(view.providers, name, state),
        health=(*health, {"provider": name, **state})[-MAX_ROWS:],
    )


def _with_health(rows: Iterable[Map], name: str, state: Map) -> tuple[Map, ...]:
    return tuple(
        {**_without_health(each), **state} if each.get("provider") == name else each
        for each in rows
    )
