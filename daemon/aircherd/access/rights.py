"""What one client may do: decided from `[clients]`, `[protect]`, its name and its program. Pure."""

from collections.abc import Callable

import msgspec

from aircherd.access.rules import IN_WORDS, RULES, UNKNOWN, Action
from aircherd.config.model import REPAIR, UNVERIFIED, ClientRights, Config
from aircherd.vocabulary.hosts import is_pattern, patterns_for

OTHERS = "*"
"""The section of all clients that no other one is for."""
EVERYTHING = ClientRights()


class Rights(msgspec.Struct, frozen=True):
    """The rights of a client.

    - `name`: by which it is counted; that of a section only if its program is the section's.
    - `claimed`: the name that it gave itself. `section` is the deciding one, None without one.
    - `bound_to`: the program that its name belongs to, if this client is another program: `runs`,
      None if that is unknown.
    """

    name: str
    claimed: str
    section: str | None
    entry: ClientRights
    bound_to: str | None = None
    runs: str | None = None

    @property
    def role(self) -> str:
        """The roles, for people."""
        return ", ".join(self.entry.allow)


def decide(
    config: Config, claimed: str, runs: Callable[[str], bool], host: str | None = None
) -> Rights:
    """Return the rights of a client that calls itself `claimed`.

    `runs(program)` tells whether its process is that program; it is called only if needed. `host`
    is the machine of a client that is on another one: it has the rights of its own section, else
    those of `*@host`, of `*@*`, of all others. A client here cannot have them by its name.
    """
    entry = None if claimed == OTHERS or is_pattern(claimed) else config.clients.get(claimed)
    if entry is not None and (entry.program is None or runs(entry.program)):
        return Rights(claimed, claimed, claimed, entry)
    general = (*(patterns_for(host) if host else ()), OTHERS)
    section = next((each for each in general if each in config.clients), None)
    others = config.clients[section] if section else EVERYTHING
    if entry is None:
        return Rights(claimed, claimed, section, others)
    return Rights(f"{UNVERIFIED}{claimed}", claimed, section, others, entry.program)


def refusal(config: Config, rights: Rights, method: str) -> str | None:
    """Return why the client may not call `method`, None if it may."""
    rule = RULES.get(method, UNKNOWN)
    if "all" not in rights.entry.allow and not (rule.roles and _shares(rights, rule.roles)):
        if is_unknown(config, rights):
            return (
                f"{_who(rights)} may not call {method}, since what clients may do is unknown until "
                f"the configuration is valid: {config.roles_problem}"
            )
        return (
            f"{_who(rights)} may not call {method}: {_section(rights)} allows "
            f"{rights.role or 'nothing'}{_invalid(config)}"
        )
    allowed = None if rule.action is None else getattr(config.protect, rule.action)
    if isinstance(allowed, tuple) and rights.name not in allowed:
        assert rule.action is not None
        return (
            f"{_who(rights)} may not {IN_WORDS[rule.action]}: [protect] {rule.action} allows "
            f"{', '.join(allowed) or 'nothing'}{_invalid(config)}"
        )
    return None


def is_unknown(config: Config, rights: Rights) -> bool:
    """Return whether the client may do little because the configuration is invalid."""
    return config.roles_problem is not None and REPAIR in rights.entry.allow


def _invalid(config: Config) -> str:
    problem = config.roles_problem
    return f"; the configuration is invalid, which may be why: {problem}" if problem else ""


def _shares(rights: Rights, roles: tuple[str, ...]) -> bool:
    return "" in roles or any(role in roles for role in rights.entry.allow)


def protected_action(config: Config, method: str) -> Action | None:
    """Return what the method does that needs a confirmation each time, None if it needs none."""
    action = RULES.get(method, UNKNOWN).action
    return action if action and getattr(config.protect, action) == "confirm" else None


def _section(rights: Rights) -> str:
    return f'[clients."{rights.section}"]' if rights.section else "the configuration"


def _who(rights: Rights) -> str:
    if rights.bound_to is None:
        return f"client {rights.claimed!r}"
    what = f"is {rights.runs} and not" if rights.runs else "is not"
    return (
        f"a client that calls itself {rights.claimed!r} but {what} {rights.bound_to}, as "
        f'[clients."{rights.claimed}"] wants it,'
    )
