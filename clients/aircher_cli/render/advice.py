"""What to do if no provider can answer: one command first, then what else is possible.

At most `MAX_LINES` lines on a terminal of `COLUMNS` columns, so that the command stays in sight.
"""

import os
from collections.abc import Mapping, Sequence

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.sign_in.first_steps import GET_OLLAMA, PULL, Step, first_steps
from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.render.formatting import join_names
from aircher_cli.render.keys import SIGNED_IN_STATES
from aircher_cli.render.layout import wrap_hanging
from aircher_cli.signing_in.steps import (
    KEYRING_LOCKED,
    helping_steps,
    is_newcomer,
    needed_label,
    other_steps,
    usable_models,
)
from aircher_cli.values import Map, as_map, records, text
from aircher_client.sign_in import ProviderSignIn, SignIn, read_sign_in

BROKEN_KEY = frozenset({"rejected", "unreadable", "locked"})
"""The states of a key that is there and cannot be used."""

MAX_LINES = 6
COLUMNS = 80
PREFIX = "aircher-cli: "
"""What precedes the first line."""
MAX_REASON = 250
"""Characters of a reason: the message of a provider may be long."""

NEWCOMER = "You are not signed in to any provider yet."
LOGIN = "aircher-cli auth login"
UNLOCK_KEYS = "aircher-cli auth unlock"


# ------------------------------------------------------------------ without a default


def no_default_lines(status: Map, environ: Mapping[str, str]) -> list[str]:
    """Return why no provider answers by default, and what to do.

    Args:
        status: The daemon's `status`, with the `sign_in` of a request without a model if it is
            known; empty if nothing is.
        environ: The caller's environment, for the names of its variables.
    """
    if as_map(status.get("config")).get("in_use") == NOTHING_IN_USE:
        return ["No provider is asked until the configuration is fixed."]
    providers = records(status.get("providers"))
    if ready := [_name(each) for each in providers if each.get("state") in SIGNED_IN_STATES]:
        return [_signed_in(ready, text(as_map(status.get("default")).get("model")))]
    free = [_name(each) for each in providers if _needs_no_key(each)]
    if free and not as_map(status.get("default")).get("model"):
        return [
            (
                f"Models of {join_names(free)} are not known yet: choose one with "
                f"`-m {free[0]}/MODEL`, or list them: aircher-cli models list --provider {free[0]}"
            )
        ]
    found = read_sign_in(status, environ)
    if found is not None and found.needed:
        return sign_in_lines(_broken_first(found), environ)
    steps = first_steps(DaemonView(keys=tuple(providers)), environ)
    return _bounded(_lines(NEWCOMER, list(steps)))


def _broken_first(found: SignIn) -> SignIn:
    """Return it as if the first broken key was what is needed, where the user has no other key.

    A provider of the user's own has no default model, so a request without a model needs it never.
    """
    broken = next((each for each in found.providers if each.state in BROKEN_KEY), None)
    if broken is None or any(each.state != "not_configured" for each in found.needed):
        return found
    rows = (each._replace(is_needed=each is broken) for each in found.providers)
    return found._replace(providers=tuple(rows))


def _needs_no_key(provider: Map) -> bool:
    """Tell whether the user configured a provider that can be asked without a key.

    The daemon asks only Ollama for its models unless a list is wanted, so others have no default.
    """
    is_own = not provider.get("builtin") and provider.get("kind") != "ollama"
    is_well = not provider.get("absent") and text(provider.get("health")) in {"", "ok"}
    return provider.get("state") == "not_required" and is_own and is_well


def _signed_in(ready: list[str], default_model: str) -> str:
    """Return how to use the providers with a key if the default model cannot be asked."""
    if default_model.partition("/")[0].partition("@")[0] in ready:
        return (
            f"The default model {default_model} cannot be asked now: 'aircher-cli route' says why. "
            f"Choose another one with `-m {ready[0]}/MODEL`, or set default_model in the "
            "configuration."
        )
    if default_model:
        why = f"not to one that serves the default model {default_model}"
    else:
        why = "there is no default model"
    return (
        f"You are signed in to {join_names(ready)}, but {why}: choose a model with "
        f"`-m {ready[0]}/MODEL`, or set default_model in the configuration."
    )


# ------------------------------------------------------------------ after an error


def sign_in_lines(
    found: SignIn, environ: Mapping[str, str], *, has_headline: bool = True
) -> list[str]:
    """Return what a request lacks, the command to run first, and what else is possible.

    Args:
        found: From the error, see `aircher_client.sign_in.read_sign_in`.
        environ: The caller's environment, for the names of its variables.
        has_headline: Whether to begin with what is missing.
    """
    if found.refused:
        return _bounded(
            [*_refused_lines(found, environ, has_headline=has_headline), *_models_line(found)]
        )
    steps = helping_steps(found, environ)
    unlocking = _unlock_lines(found, environ) if steps and steps[0].kind == "fix" else []
    lines = [
        *_lines(headline(found) if has_headline else "", steps, unlocking),
        *_shadowed_lines(found),
    ]
    lines += _models_line(found)
    if found.unseen and not any(step.kind == "import" for step in steps):
        names = join_names(list(found.unseen))
        lines.append(f"This shell has {names}, for another provider: aircher-cli auth import")
    return _bounded([*lines, *_other_lines(other_steps(found, environ))])


def _models_line(found: SignIn) -> list[str]:
    models = usable_models(found)[:2]
    names = " or ".join(f"-m {name}" for name in models)
    return [f"Or choose another model: {names}"] if models else []


def _refused_lines(found: SignIn, environ: Mapping[str, str], *, has_headline: bool) -> list[str]:
    """Return what a request lacks where no key can be stored from here now, and what helps."""
    head = [headline(found)] if has_headline else []
    where = " where the daemon runs, on another machine:" if found.is_elsewhere else ":"
    if found.unlock:
        is_said = any(found.unlock in each.hint for each in found.needed)
        what = "Unlock them" if is_said else "All keys are locked. Unlock them first"
        return [*head, f"{what}{where}", f"  {found.unlock}"]
    steps = helping_steps(found, environ)
    if not (found.is_elsewhere and steps):
        return [*head, f"This program cannot sign in: {found.refused}."]
    first, *others = steps
    return [" ".join([*head, f"Run this{where}"]), f"  {first.command}", *_login_line(others)]


UNLOCK = (
    """  (read -rsp 'Password of the keyring: ' p; printf %s "$p") |""",
    "    gnome-keyring-daemon --replace --unlock --components=secrets --daemonize",
)
"""Commands of bash that open the keyring without a desktop, such as over ssh."""


def _unlock_lines(found: SignIn, environ: Mapping[str, str]) -> list[str]:
    """Return how to unlock the keyring where there is no desktop that could ask for its password.

    Only for GNOME's: others cannot be unlocked this way.
    """
    first = found.needed[0]
    is_locked = first.state == "locked" and KEYRING_LOCKED in first.reason
    has_desktop = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    if not is_locked or has_desktop or not _has_program(UNLOCK[1].split()[0], environ):
        return []
    return ["Unlock the keyring, in bash:", *UNLOCK, "then run this:"]


def _has_program(name: str, environ: Mapping[str, str]) -> bool:
    folders = environ.get("PATH", "").split(os.pathsep)
    return any(os.access(f"{folder}/{name}", os.X_OK) for folder in folders if folder)


def _shadowed_lines(found: SignIn) -> list[str]:
    """Return how to use a variable that a rejected key hides."""
    return [
        f"The stored key hides {each.shadowed[0]}; to use that: "
        f"aircher-cli auth logout {each.provider}"
        for each in found.needed
        if each.shadowed and each.state == "rejected"
    ]


def headline(found: SignIn) -> str:
    """Return what a request lacks, in one sentence."""
    broken = next((each for each in found.needed if each.state != "not_configured"), None)
    if broken is not None:
        return _broken_headline(broken)
    if is_newcomer(found):
        return NEWCOMER
    names = " or ".join(each.provider for each in found.needed)
    if label := needed_label(found):
        why = _shortened(found.needed[0].reason)
        return (
            f"There is no key {label!r} for {names}, which this request needs.{why and f' {why}.'}"
        )
    return f"You are not signed in to {names}, which this request needs."


def _broken_headline(each: ProviderSignIn) -> str:
    """Return which key or entry cannot be used, and why."""
    reason = _shortened(each.reason or each.state.replace("_", " "))
    if each.state == "locked" and KEYRING_LOCKED in reason:
        reason = "the keyring is locked"
    if each.state == "refused":
        return f"{each.provider} is refused: {reason}."
    verb = "was rejected" if each.state == "rejected" else "cannot be read"
    end = "" if reason.endswith("?") else "."
    return f"{_key_name(each.key)} of {each.provider} {verb}: {reason}{end}"


def _key_name(key: str) -> str:
    if key.startswith("env:"):
        return f"The key in {key.removeprefix('env:')}"
    if key == "command":
        return "The key from key_command"
    return f"The key {key!r}" if key else "The key"


def _shortened(reason: str) -> str:
    reason = " ".join(reason.split()).rstrip(".")
    return reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON].rstrip()}..."


# ------------------------------------------------------------------ lines


def _lines(first_line: str, steps: list[Step], unlocking: Sequence[str] = ()) -> list[str]:
    """Return the headline, the first step with its command, and alternatives of its kind.

    The headline may be empty. `unlocking` is what has to be done before the first step, if the
    keyring is locked.
    """
    head = [first_line] if first_line else []
    if not steps:
        return head
    first, *others = steps
    if unlocking:
        lines = [*head, *unlocking, f"  {first.command}"]
    elif first.kind == "fix" and first.command == UNLOCK_KEYS:
        lines = [*head, "Unlock them:", f"  {first.command}"]
    elif first.kind == "fix" and not first.command.startswith(LOGIN):
        lines = [*head, f"{_what_first(first)}, then run this:", f"  {first.command}"]
    else:
        lines = [" ".join([*head, "Run this first:"]), f"  {first.command}", _about(first)]
    logins = [step for step in others if step.kind == "sign_in"]
    return [*lines, *_login_line(logins), *_other_lines(others)]


def _about(step: Step) -> str:
    keys = f"; new keys: {step.keys_page}" if step.keys_page else ""
    match step.kind:
        case "import":
            what = "the keys" if step.variables[1:] else "the key"
            names = join_names(list(step.variables))
            return f"It stores {what} in {names}, which the daemon cannot see."
        case "fix":
            return f"It prompts for another key{keys}"
        case "sign_in":
            return f"It prompts for your key{keys}"
        case _:
            return step.detail


def _what_first(step: Step) -> str:
    """Return what the user has to do before the command."""
    hint = step.hint.partition(", then '")[0]
    return f"{hint[:1].upper()}{hint[1:]}" if hint and not hint.startswith("then '") else "Fix this"


def _login_line(steps: list[Step]) -> list[str]:
    if not steps:
        return []
    first, *others = [step.command.removeprefix(f"{LOGIN} ") for step in steps]
    more = f" (or {', '.join(others)})" if others else ""
    return [f"Or another one: {LOGIN} {first}{more}"]


def _other_lines(steps: list[Step]) -> list[str]:
    lines: list[str] = []
    for step in steps:
        if step.kind == "start_local":
            is_running = step.command == PULL
            missing = f"run Ollama with a model, see {GET_OLLAMA}"
            lines.append(f"Without a key: {step.command if is_running else missing}")
        elif step.kind == "demo":
            lines.append(f"To look around, without a key or a network: {step.command}")
    return lines


def _bounded(lines: list[str]) -> list[str]:
    """Leave out the last lines that are too many on a terminal."""
    kept: list[str] = []
    used = 0
    for line in lines:
        shown = line if kept else f"{PREFIX}{line}"
        used += len(wrap_hanging(shown, COLUMNS).splitlines())
        if used > MAX_LINES and kept:
            break
        kept.append(line)
    return kept


def _name(provider: Map) -> str:
    return text(provider.get("provider"))
