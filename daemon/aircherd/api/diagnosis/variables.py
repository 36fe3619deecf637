"""Pure: what the daemon's environment variables are, compared with those of a client's shell.

The client sends a salted fingerprint of each of its variables, and learns only whether the daemon
has the same value. No value leaves either side.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from aircherd.api.diagnosis.finding import Finding

VARIABLES = "variables"
PROXY = "proxy"

PROXY_NAMES = ("https_proxy", "all_proxy", "http_proxy", "no_proxy")

Relation = Literal["same", "differs", "unseen", "only in the daemon", "absent"]

RESTART = "aircher-cli daemon restart"


class KeyVariable(msgspec.Struct, frozen=True):
    """A variable that providers name, and how the daemon's value relates to the client's.

    `used_by` are the providers whose key comes from it, `missed_by` those that name it and have no
    key; `file` is the file that the daemon's value comes from, None for its own environment.
    """

    name: str
    relation: Relation
    used_by: tuple[str, ...] = ()
    missed_by: tuple[str, ...] = ()
    file: str | None = None


def relate(theirs: str | None, own: str | None) -> Relation:
    """Compare two fingerprints of a variable, None where it is not set."""
    if theirs is None:
        return "absent" if own is None else "only in the daemon"
    if own is None:
        return "unseen"
    return "same" if theirs == own else "differs"


def variable_findings(variables: Iterable[KeyVariable], started_by: str) -> list[Finding]:
    """Return a finding for each variable that the daemon cannot see or has another value of."""
    found: list[Finding] = []
    for each in variables:
        if each.relation == "unseen" and each.missed_by:
            found.append(_unseen(each))
        elif each.relation == "differs" and each.used_by:
            found.append(_differs(each, started_by))
    return found or [Finding(VARIABLES, "ok", "the daemon has the keys of this shell's variables")]


def _unseen(variable: KeyVariable) -> Finding:
    missed = ", ".join(variable.missed_by)
    message = f"the daemon cannot see {variable.name} of this shell, and there is no key for"
    return Finding(VARIABLES, "warning", f"{message} {missed}", "aircher-cli auth import")


def _differs(variable: KeyVariable, started_by: str) -> Finding:
    name, used = variable.name, ", ".join(variable.used_by)
    if variable.file:
        message = f"{name} of this shell is not the one in {variable.file}, which {used} uses"
        return Finding(VARIABLES, "warning", message, f"correct {name} in {variable.file}")
    message = f"{name} of this shell is not the one the daemon was started with, which {used} uses"
    cure = "aircher-cli auth import" if started_by.startswith("systemd") else RESTART
    return Finding(VARIABLES, "warning", message, cure)


def proxy_findings(
    configured: str | None, relation_of: Callable[[str], Relation], names: Sequence[str]
) -> list[Finding]:
    """Return the findings about proxies.

    Args:
        configured: whether `[network] proxy` is set; its value is not shown.
        relation_of: how the daemon's value of a proxy variable relates to the client's.
        names: the proxy variables as the client spells them.
    """
    if configured:
        return [Finding(PROXY, "ok", "providers are called by the proxy of [network] proxy")]
    spelled = {name.lower(): name for name in names}
    found = [
        finding
        for name in PROXY_NAMES
        if (finding := _proxy(spelled.get(name, name.upper()), relation_of(name), name))
    ]
    return found or [Finding(PROXY, "ok", "the daemon uses the same proxies as this shell")]


def _proxy(name: str, relation: Relation, kind: str) -> Finding | None:
    if relation == "unseen":
        cure = RESTART if kind == "no_proxy" else f'aircher-cli config set network.proxy "${name}"'
        return Finding(PROXY, "warning", f"the daemon does not have {name} of this shell", cure)
    if relation == "differs":
        return Finding(PROXY, "warning", f"the daemon has another {name} than this shell", RESTART)
    if relation == "only in the daemon":
        message = f"the daemon has {name}, and this shell does not"
        return Finding(PROXY, "warning", message, RESTART)
    return None
