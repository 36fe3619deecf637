"""What would help a request that failed because of keys; plain functions.

error ─> aircher_client.sign_in.SignIn ─> DaemonView ─> first_steps ─> those that help
"""

from collections.abc import Mapping

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.sign_in.first_steps import Step, first_steps
from aircher_cli.values import Map
from aircher_client.sign_in import ProviderSignIn, SignIn

ORDER = ("fix", "import", "sign_in")
"""Kinds of steps that help a request, the best first."""

KEYRING_LOCKED = "it is locked"
"""Part of the daemon's reason if the keyring is locked, rather than missing or hanging."""

WITHOUT_KEY = frozenset({"start_local", "demo"})


def helping_steps(found: SignIn, environ: Mapping[str, str]) -> list[Step]:
    """Return the steps after which the request can be answered, the best first.

    Importing is one of them if this shell has a key of a provider that the request needs. While
    the keyring is locked, no key can be stored in it.
    """
    names = [each.provider for each in found.needed]
    relevant = {name for each in found.needed for name in each.unseen}

    is_locked = any(
        each.state == "locked" and KEYRING_LOCKED in each.reason for each in found.needed
    )

    def helps(step: Step) -> bool:
        if is_locked and step.kind != "fix":
            return False
        is_import = step.kind == "import" and not relevant.isdisjoint(step.variables)
        return is_import or (step.kind in ORDER and step.provider in names)

    def rank(step: Step) -> tuple[int, int]:
        position = names.index(step.provider) if step.provider in names else 0
        return (ORDER.index(step.kind), position)

    return sorted(filter(helps, first_steps(view_of(found), environ)), key=rank)


def other_steps(found: SignIn, environ: Mapping[str, str]) -> list[Step]:
    """Return what else a user without any provider can do."""
    if not is_newcomer(found):
        return []
    return [s for s in first_steps(view_of(found), environ) if s.kind in WITHOUT_KEY]


def usable_models(found: SignIn) -> list[str]:
    """Return a model of each other provider that could be asked instead.

    Where no model of a signed-in provider is known, its name is MODEL.
    """
    usable = [each for each in found.others if each.is_usable and not _is_down(each)]
    models = [each.model or (f"{each.provider}/MODEL" if each.key else "") for each in usable]
    return [model for model in models if model]


def label_of(command: str) -> str:
    """Return the label of the key that a command stores, empty for the default one."""
    return command.partition(" --label ")[2]


def needed_label(found: SignIn) -> str:
    """Return the label without which no key helps, empty if any key of a provider does."""
    missing = [each for each in found.needed if each.state == "not_configured"]
    labels = {label_of(each.command) for each in missing}
    return labels.pop() if len(labels) == 1 else ""


def is_newcomer(found: SignIn) -> bool:
    """Tell whether no provider has a key, not even a broken one, and none works without."""
    return (
        not needed_label(found)
        and not usable_models(found)
        and all(each.state in {"not_configured", "not_required"} for each in found.providers)
    )


def view_of(found: SignIn) -> DaemonView:
    """Return the state of the daemon as far as the error has it."""
    servers = [each for each in found.providers if each.state == "not_required"]
    return DaemonView(
        keys=tuple(map(_key_row, found.providers)),
        environment=found.unseen,
        models=tuple(
            {"provider": each.provider, "model": each.model.partition("/")[2]}
            for each in servers
            if each.model
        ),
        has_models=True,
        lists=tuple(
            {"provider": each.provider, "fetched_at": 0.0} for each in servers if each.has_list
        ),
    )


def _key_row(each: ProviderSignIn) -> Map:
    names = ("provider", "state", "reason", "hint", "keys_page", "key", "command")
    row: Map = {name: value for name in names if (value := getattr(each, name))}
    return {**row, "health": "unreachable"} if _is_down(each) else row


def _is_down(each: ProviderSignIn) -> bool:
    return each.state == "not_required" and bool(each.reason)
