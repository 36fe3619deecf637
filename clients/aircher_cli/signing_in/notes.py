"""Notes on standard error for commands that show or choose models that no key serves."""

from collections.abc import Mapping

from aircher_cli.render.advice import sign_in_lines
from aircher_cli.values import Map, as_map, records
from aircher_client import Client, ClientError
from aircher_client.sign_in import read_sign_in
from aircher_wire import codes, methods

TIMEOUT_SECONDS = 5.0

LACKS_KEY = codes.NOT_AUTHENTICATED
"""Why a candidate is skipped whose provider has no key."""


def plan_notes(plan: Map, environ: Mapping[str, str]) -> list[str]:
    """Return what to do if a plan has no candidate because of keys; else an empty list."""
    found = read_sign_in(plan, environ)
    return sign_in_lines(found, environ) if found is not None and found.needed else []


def model_notes(client: Client, environ: Mapping[str, str], model: str | None) -> list[str]:
    """Return what to do before a model can be asked; None is the default model.

    Empty if it can be asked, or if that cannot be found out: it is only a note.
    """
    try:
        return plan_notes(explain(client, {} if model is None else {"model": model}), environ)
    except ClientError:
        return []


def chosen_notes(client: Client, environ: Mapping[str, str], model: str) -> list[str]:
    """Return what to do before a model that was chosen can be asked, with its whole chain.

    Empty if all of it can be asked, or if that cannot be found out.
    """
    try:
        plan = explain(client, {"model": model})
    except ClientError:
        return []
    return plan_notes(plan, environ) or _lacking(plan)


def _lacking(plan: Map) -> list[str]:
    """Return a note for each candidate that has no key while others can answer."""
    if not plan.get("candidates"):
        return []
    rows = [row for row in records(plan.get("skipped")) if row.get("reason") == LACKS_KEY]
    return [
        f"! {row.get('provider')}/{row.get('model')} cannot answer yet: {row.get('message')}"
        for row in rows
    ]


def explain(client: Client, request: Map) -> Map:
    """Return the plan of a request; without a candidate, local servers are asked for models first.

    They are the default of a user without any key, as soon as their lists are known.

    Raises:
        ClientError: there is no plan.
    """
    plan = as_map(client.call(methods.ROUTE_EXPLAIN, request, timeout=TIMEOUT_SECONDS))
    providers = records(as_map(plan.get("sign_in")).get("providers"))
    local = [each.get("provider") for each in providers if each.get("state") == "not_required"]
    if not local:
        return plan
    for name in local:
        client.call(methods.MODELS_LIST, {"provider": name}, timeout=TIMEOUT_SECONDS)
    return as_map(client.call(methods.ROUTE_EXPLAIN, request, timeout=TIMEOUT_SECONDS))
