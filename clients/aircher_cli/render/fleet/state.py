"""Whether the engine between the machines answers, in one sentence."""

from aircher_cli.render.formatting import count, format_duration, format_time, join_names
from aircher_cli.values import Map, number, text, texts

LOCAL = "meanwhile this machine uses its part of what was left"
REFUSE = "meanwhile requests under shared limits are refused, once what is leased is used"


def problem(shared: Map, now: float) -> str:
    """Return why the engine does not answer, and what follows; empty if it does."""
    state, reason = text(shared.get("state")), text(shared.get("reason")).rstrip(".")
    if state not in {"away", "refused"}:
        return ""
    since = number(shared.get("since"))
    when = "" if since is None else f" (since {format_time(since, now)})"
    then = REFUSE if shared.get("on_outage") == "refuse" else LOCAL
    if reason.startswith("the ledger"):
        reason = f"limits cannot be shared: {reason}"
    elif not reason.startswith("the engine"):
        what = "cannot be used" if state == "refused" else "is away"
        reason = f"the engine at {text(shared.get('engine'))} {what}: {reason or 'no answer'}"
    return f"{reason}{when}; {then}"


def differing(shared: Map) -> str:
    """Return which machines have other limits, and what to do; empty if none have."""
    names = texts(shared.get("differing"))
    if not names:
        return ""
    have = "has" if len(names) == 1 else "have"
    return (
        f"{join_names(names)} {have} other limits: give all machines the same [[limits]], or "
        "another fleet another namespace"
    )


def headline(shared: Map) -> str:
    """Return what is shared, where and by how many, while the engine answers."""
    machines = int(number(shared.get("machines")) or 0)
    by = f", {count(machines, 'machine')} now" if machines else ""
    namespace = text(shared.get("namespace"))
    starting = "; not reached yet" if shared.get("state") == "starting" else ""
    return f"{namespace} on {text(shared.get('engine'))}{by}{starting}"


def age_note(answer: Map, shared: Map) -> str:
    """Return how old what is shown of other machines is; empty if it is of now.

    `shared`: the state of the engine, which is shown, too; it says why.
    """
    why = text(answer.get("problem")).rstrip(".")
    if not why:
        return ""
    because = "" if text(shared.get("state")) in {"away", "refused"} else f": {why}"
    age = number(answer.get("age_s"))
    if age is None:
        return f"! only this machine is shown{because}"
    return f"! other machines as they were {format_duration(age)} ago{because}"
