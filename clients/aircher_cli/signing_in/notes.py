"""Notes on standard error for commands that show or choose models that no key serves."""

from collections.abc import Mapping

from aircher_cli.render.advice import sign_in_lines
from aircher_cli.render.formatting import join_names
from aircher_cli.signing_in.steps import helping_steps
from aircher_cli.values import Map, as_map, records, text
from aircher_client import Client, ClientError, DaemonError
from aircher_client.sign_in import read_sign_in
from aircher_wire import codes, methods

TIMEOUT_SECONDS = 5.0
ANY = "any"
"""A model that stands for all of a provider: its name does not matter to keys."""

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
        plan = explain(client, {} if model is None else {"model": model})
    except ClientError:
        return []
    return plan_notes(plan, environ) or _unfit(plan)


def _unfit(plan: Map) -> list[str]:
    """Return why no request can be answered by these models, such as one for embeddings."""
    rows = records(plan.get("skipped"))
    if plan.get("candidates") or any(row.get("reason") != codes.BAD_REQUEST for row in rows):
        return []
    return list(dict.fromkeys(f"! {row.get('message')}" for row in rows))


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
    """Return a note for each provider without a key in a chain of which others can answer."""
    if not plan.get("candidates"):
        return []
    names: dict[str, list[str]] = {}
    for row in records(plan.get("skipped")):
        if row.get("reason") == LACKS_KEY:
            name = f"{row.get('provider')}/{row.get('model')}"
            names.setdefault(text(row.get("message")), []).append(name)
    return [f"! {join_names(each)} cannot answer yet: {why}" for why, each in names.items()]


def provider_notes(
    client: Client, environ: Mapping[str, str], provider: str, *, only_unseen: bool = False
) -> list[str]:
    """Return what to do before a provider can be asked; empty as in `model_notes`.

    With `only_unseen` it is empty, too, unless the caller's shell has a key for it.
    """
    try:
        plan = explain(client, {"model": f"{provider}/{ANY}"})
    except ClientError:
        return []
    found = read_sign_in(plan, environ)
    is_unseen = found is not None and any(each.unseen for each in found.needed)
    return [] if only_unseen and not is_unseen else plan_notes(plan, environ)


def first_command(client: Client, environ: Mapping[str, str]) -> str:
    """Return the command that a request without a model needs first because of keys, else ""."""
    error = sign_in_error(client)
    found = None if error is None else read_sign_in(error.data, environ)
    steps = [] if found is None else helping_steps(found, environ)
    return steps[0].command if steps else ""


def sign_in_error(client: Client) -> DaemonError | None:
    """Return the error that a request without a model would have because of keys, else None.

    For commands that print what can be asked. Like a chat's it has `data.sign_in`.
    """
    try:
        plan = explain(client, {})
    except ClientError:
        return None
    if "sign_in" not in plan:
        return None
    message = "no provider that is signed in can be asked"
    return DaemonError(codes.NOT_AUTHENTICATED, message, {"sign_in": plan["sign_in"]})


def explain(client: Client, request: Map) -> Map:
    """Return the plan of a request; without a candidate, local servers are asked for models first.

    They are the default of a user without any key, as soon as their lists are known.

    Raises:
        ClientError: there is no plan.
    """
    try:
        plan = as_map(client.call(methods.ROUTE_EXPLAIN, request, timeout=TIMEOUT_SECONDS))
    except DaemonError as error:
        if "sign_in" not in error.data:
            raise
        return error.data  # no key has the label that the request needs
    providers = records(as_map(plan.get("sign_in")).get("providers"))
    local = [each.get("provider") for each in providers if each.get("state") == "not_required"]
    if not local:
        return plan
    for name in local:
        client.call(methods.MODELS_LIST, {"provider": name}, timeout=TIMEOUT_SECONDS)
    return as_map(client.call(methods.ROUTE_EXPLAIN, request, timeout=TIMEOUT_SECONDS))
