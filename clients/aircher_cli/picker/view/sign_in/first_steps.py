"""What to do where no provider can answer yet: steps, the quickest first.

The first screen of the picker, its plain mode, and `ask` and `chat` without a provider show the
same steps. Everything here follows from what the daemon said and the names of the variables in the
caller's shell; values of variables are only compared, never returned.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from aircher_cli.picker.view.daemon_view import MIGRATE, DaemonView
from aircher_cli.picker.view.states.key_state import is_upstream, upstream_away
from aircher_cli.render.config.problems import NOTHING_IN_USE, problem_lines
from aircher_cli.values import Map, as_map, number, records, text
from aircher_client.sign_in import unseen_variables

Kind = Literal["fix", "import", "model", "sign_in", "elsewhere", "unlock", "start_local", "demo"]

ANSWERING = frozenset({"authenticated", "unverified"})
"""States of keys with which a provider is called."""
BROKEN = frozenset({"locked", "unreadable", "rejected", "refused"})
"""States of keys and entries that exist, but are not used."""

EDIT_CONFIG = "aircher-cli config edit"
CARRY_OVER = "Carry over what the earlier aircher left"
OLLAMA = "ollama"
GET_OLLAMA = "https://ollama.com/download"
PULL = "ollama pull qwen3"


@dataclass(frozen=True)
class Step:
    """One thing that the user can do.

    Attributes:
        kind: `unlock` all keys; `fix` a key or a configuration that exists but is not used, or
            another daemon that has the keys; `import` the keys of this shell; choose a `model` of a
            local server; `sign_in` to a provider; `elsewhere`: do that where the daemon runs;
            `start_local`: get or start Ollama; `demo`: try it without a provider.
        title: What to do, in a few words.
        detail: Why, or how; one sentence, may be empty.
        command: The command that does the same outside the picker; empty if there is none.
        provider: The provider, where the step is about one.
        model: The `provider/model` that a step of kind `model` chooses.
        variables: The names of the variables that `import` sends.
        keys_page: Where keys of the provider are created; empty if not known.
        hint: What the daemon says to do about a key that a step of kind `fix` is about.
    """

    kind: Kind
    title: str
    detail: str = ""
    command: str = ""
    provider: str = ""
    model: str = ""
    variables: tuple[str, ...] = ()
    keys_page: str = ""
    hint: str = ""


DEMO = Step(
    "demo",
    "Try it without a provider",
    "A demo with simulated providers: no key, no network.",
    "aircher-cli demo",
)


def needs_first_steps(view: DaemonView) -> bool:
    """Tell whether nothing can answer: no key of any provider, and no local server with a model.

    A key that is locked or was rejected counts as signed in: the list says what is wrong with it.
    So does another daemon whose models are known, also while it is away.
    """
    if not view.has_models or not view.keys:
        return False
    is_set_up = any(_is_key(row) for row in view.keys) or _knows_models_of_upstreams(view)
    return not is_set_up and not local_models(view)


def is_invalid(view: DaemonView) -> bool:
    """Tell whether the configuration is invalid as a whole: nothing else helps then."""
    return view.config.get("in_use") == NOTHING_IN_USE


_LIST_OF_KEYS = "the list of stored keys "
"""How the daemon's reason begins if the list itself is damaged, not one key."""
SIGN_IN_AGAIN = "Sign in again to the providers that you use"


def lost_keys(rows: Sequence[Map]) -> str:
    """Return what happened to the list of stored keys and what to do; empty if it is whole.

    Args:
        rows: Of `auth.status`, or of the `providers` of `sign_in`.
    """
    reasons = (text(row.get("reason")) for row in rows if row.get("state") == "not_configured")
    why = next((each for each in reasons if each.startswith(_LIST_OF_KEYS)), "")
    return why and f"{why[0].upper()}{why[1:].rstrip('.')}. {SIGN_IN_AGAIN}"


def _knows_models_of_upstreams(view: DaemonView) -> bool:
    upstreams = {row.get("provider") for row in view.keys if is_upstream(row)}
    return bool(upstreams) and any(row.get("provider") in upstreams for row in view.models)


def _is_key(row: Map) -> bool:
    return text(row.get("state")) in ANSWERING | (BROKEN - {"refused"})


def first_steps(
    view: DaemonView, environ: Mapping[str, str], old: Sequence[str] = ()
) -> tuple[Step, ...]:
    """Return the steps, the quickest first.

    Args:
        view: What the daemon said; `keys` and `environment` suffice for all but local servers.
        environ: The caller's environment, for the names of the variables with keys.
        old: Files of the earlier aircher that are not carried over yet, from `old_files`.
    """
    if is_elsewhere(view):
        return (*_elsewhere(view), *_local(view), DEMO)
    if view.lock:
        return (*_fix_of_config(view.config), _unlock(view.lock), *_local(view), DEMO)
    return (
        *_fix_of_config(view.config),
        *_carry_over(old),
        *_fixes(view),
        *_upstreams(view),
        *_import(view, environ),
        *_local(view),
        *_sign_in(view),
        *_start_local(view),
        DEMO,
    )


def is_elsewhere(view: DaemonView) -> bool:
    """Tell whether the daemon is on another machine: over a forward it takes no keys."""
    return view.config.get("file") == ""


def _elsewhere(view: DaemonView) -> list[Step]:
    """Return the first step of those that have to be done at the daemon's machine."""
    detail = "The daemon is on another machine, and takes no keys from this one."
    title = "Sign in where the daemon runs"
    return [
        Step("elsewhere", title, detail, step.command)
        for step in [*_fixes(view), *_sign_in(view)][:1]
    ]


# ------------------------------------------------------------------ the steps


def _unlock(lock: Map) -> Step:
    """Return the step without which no key can be stored or read."""
    detail = _sentence(text(lock.get("reason")), "until then no key can be stored")
    return Step("unlock", "Unlock the keys", f"{detail}.", "aircher-cli auth unlock")


def _fix_of_config(config: Map) -> list[Step]:
    """Return how to fix a configuration that is invalid as a whole: chats are refused then."""
    if config.get("in_use") != NOTHING_IN_USE:
        return []
    problem = as_map(config.get("problem"))
    problems = records(problem.get("problems"))
    lines = problem_lines(problems) or [text(problem.get("message"))]
    detail = f"No provider is asked until it is valid: {_sentence(*lines)}"
    if any(MIGRATE in text(each.get("hint")) for each in problems):
        return [Step("fix", CARRY_OVER, detail, MIGRATE)]
    return [Step("fix", "Fix the configuration", detail, EDIT_CONFIG)]


def _carry_over(old: Sequence[str]) -> list[Step]:
    detail = f"Its configuration and keys, from {' and '.join(old)}."
    return [Step("fix", CARRY_OVER, detail, MIGRATE)] if old else []


def _fixes(view: DaemonView) -> list[Step]:
    return [
        Step(
            "fix",
            _fix_title(row),
            _sentence(text(row.get("reason")), text(row.get("hint"))),
            _fix_command(row),
            provider=text(row.get("provider")),
            keys_page=text(row.get("keys_page")),
            hint=text(row.get("hint")),
        )
        for row in view.keys
        if text(row.get("state")) in BROKEN
    ]


def _upstreams(view: DaemonView) -> list[Step]:
    """Return what to do about daemons that have the keys and no model."""
    away = {row.get("provider") for row in view.lists if row.get("error") or row.get("is_absent")}
    known = {row.get("provider") for row in view.models}
    upstreams = [row for row in view.keys if is_upstream(row) and row.get("provider") not in known]
    return [_upstream(row, is_away=row.get("provider") in away) for row in upstreams]


def _upstream(row: Map, *, is_away: bool) -> Step:
    name = text(row.get("provider"))
    refresh = f"aircher-cli models refresh {name}"
    if is_away:
        detail = f"{upstream_away(row)}: start it, or run 'aircher-cli forward' where it is"
        return Step("fix", f"Reach the daemon behind {name}", _sentence(detail), refresh)
    detail = f"{text(row.get('source'))}, and no provider is signed in there: do that where it runs"
    return Step("fix", f"Sign in where the daemon behind {name} runs", _sentence(detail), refresh)


_COMMAND_IN_HINT = re.compile(r"'(aircher-cli [^']+)'")


def _fix_command(row: Map) -> str:
    """Return the first command that the daemon's hint names, else one that shows the state."""
    if row.get("state") == "refused":
        return EDIT_CONFIG
    named = _COMMAND_IN_HINT.search(text(row.get("hint")))
    return named[1] if named else "aircher-cli auth status"


def _fix_title(row: Map) -> str:
    provider, state = text(row.get("provider")), text(row.get("state"))
    if state == "refused":
        return f"Fix the entry of {provider} in the configuration"
    if state == "unreadable":
        return f"Fix the key command of {provider}"
    return (
        f"Unlock the key of {provider}" if state == "locked" else f"Replace the key of {provider}"
    )


def _import(view: DaemonView, environ: Mapping[str, str]) -> list[Step]:
    found = shell_keys(view, environ)
    if not found:
        return []
    names, it, is_checked = ", ".join(found), "it", "It is checked, then stored"
    title = f"Use the key in {names}"
    if len(found) > 1:
        it, is_checked = "them", "They are checked, then stored"
        title = f"Use the keys in {names}"
    return [
        Step(
            "import",
            title,
            f"Found in this shell, where the daemon cannot see {it}. {is_checked}.",
            "aircher-cli auth import",
            variables=found,
        )
    ]


def shell_keys(view: DaemonView, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables with keys that the shell has and the daemon cannot see."""
    return tuple(unseen_variables(list(view.environment), list(view.keys), dict(environ)))


def _local(view: DaemonView) -> list[Step]:
    return [
        Step(
            "model",
            f"Use {name}",
            "It runs on this machine, without a key and free of charge.",
            f"aircher-cli models use {name}",
            provider=name.split("/", 1)[0],
            model=name,
        )
        for name in local_models(view)
    ]


def local_models(view: DaemonView) -> list[str]:
    """Return the models of local servers that answer, as `provider/model`."""
    running = set(running_servers(view))
    return [
        f"{row.get('provider')}/{row.get('model')}"
        for row in view.models
        if row.get("provider") in running and row.get("chats") is not False
    ]


def running_servers(view: DaemonView) -> list[str]:
    """Return the providers without a key whose list of models could be fetched last time."""
    keyless = [row for row in view.keys if row.get("state") == "not_required"]
    down = {text(row.get("provider")) for row in view.health if _is_unreachable(row)}
    fetched = {
        text(row.get("provider"))
        for row in view.lists
        if number(row.get("fetched_at")) is not None
        and not row.get("error")
        and not row.get("is_absent")
    }
    names = [text(row.get("provider")) for row in keyless if not _is_unreachable(row)]
    return [name for name in names if name in fetched and name not in down]


def _is_unreachable(row: Map) -> bool:
    return text(row.get("health")) == "unreachable" and not row.get("model")


def _sign_in(view: DaemonView) -> list[Step]:
    rows = [row for row in view.keys if row.get("state") == "not_configured"]
    # A provider of the user's own, which has no such page, was configured to be used.
    rows.sort(key=lambda row: bool(row.get("keys_page")))
    return [
        Step(
            "sign_in",
            f"Sign in to {row.get('provider')}",
            f"Keys are created at {page}." if (page := text(row.get("keys_page"))) else "",
            text(row.get("command")) or f"aircher-cli auth login {row.get('provider')}",
            provider=text(row.get("provider")),
            keys_page=page,
        )
        for row in rows
    ]


def _start_local(view: DaemonView) -> list[Step]:
    """Return how to get a local model, unless there is one."""
    if local_models(view) or not any(row.get("provider") == OLLAMA for row in view.keys):
        return []
    if OLLAMA in running_servers(view):
        detail = f"Ollama runs, but has no model yet: {PULL}"
        return [Step("start_local", "Get a model for Ollama", detail, PULL, provider=OLLAMA)]
    detail = f"Ollama does not run here. Get it at {GET_OLLAMA}, then: {PULL}"
    return [
        Step("start_local", "Run models on this machine", detail, "ollama serve", provider=OLLAMA)
    ]


def _sentence(*parts: str) -> str:
    return "; ".join(part.rstrip(".;") for part in parts if part)
