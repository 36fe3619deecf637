"""What machines tell each other of a cooldown, and of what is left of a key; pure.

It has no names of providers and keys, and no message of a vendor, which may quote an organisation
or a request. What comes from an engine is checked as anything from outside is.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from aircherd.providers.error_mapping.delays.moments import MAX_DELAY
from aircherd.providers.error_mapping.rules import MESSAGE_STARTS
from aircherd.routing.cooldown_policy import Cooldown, cap_vendor_seconds, probe_at
from aircherd.routing.cooldown_rules import CooldownScope, make_scope
from aircherd.vocabulary.availability import Allowance, Counted, RateLimitState
from aircherd.vocabulary.failure import FailureClass

MAX_MODEL = 512
MAX_LABEL = 64
MAX_ALLOWANCES = 8

Seconds = Annotated[float, msgspec.Meta(ge=-MAX_DELAY, le=MAX_DELAY)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10**15)]


class CooldownContent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cooldown but for its times; `machine` is the label of the machine that learned of it."""

    kind: FailureClass
    of: Literal["key", "model", "key+model"]
    model: Annotated[str, msgspec.Meta(max_length=MAX_MODEL)] | None = None
    count: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 1
    is_vendor_time: bool = False
    machine: Annotated[str, msgspec.Meta(max_length=MAX_LABEL)] = ""

    @property
    def is_sound(self) -> bool:
        """Whether it names a model exactly where its kind has one."""
        return (self.model is not None) == ("model" in self.of)

    def scope_for(self, key: str | None) -> CooldownScope:
        """Return its scope at a provider of this machine, with the name that the key has here."""
        return make_scope(self.of, key, self.model)


class SharedAllowance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One counter of a rate limit; it is full again in `reset_in` seconds."""

    counted: Counted
    limit: Count | None = None
    remaining: Count | None = None
    reset_in: Seconds | None = None


class LeftContent(msgspec.Struct, frozen=True):
    """What is left of a key."""

    allowances: Annotated[tuple[SharedAllowance, ...], msgspec.Meta(max_length=MAX_ALLOWANCES)]


# ------------------------------------------------------------------ cooldowns


def cooldown_content(cooldown: Cooldown, machine: str) -> dict[str, object] | None:
    """Return what to tell of a cooldown, None where that is too much."""
    kind, _, model = cooldown.scope
    if kind == "provider" or len(model or "") > MAX_MODEL:
        return None
    content = CooldownContent(
        kind=cooldown.kind,
        of=kind,
        model=model,
        count=min(cooldown.count, 10_000),
        is_vendor_time=cooldown.is_vendor_time,
        machine=(cooldown.learned_from or machine)[:MAX_LABEL],
    )
    return _plain(content)


def read_cooldown(content: Mapping[str, object]) -> CooldownContent | None:
    """Return what another machine said of a cooldown, None if it makes no sense here."""
    try:
        found = msgspec.convert(content, CooldownContent)
    except msgspec.ValidationError:
        return None
    return found if found.is_sound else None


def learned_cooldown(
    content: CooldownContent, key: str | None, *, since: float, until: float
) -> Cooldown:
    """Return the cooldown for the key that is called so here; times are ticks of this machine."""
    scope_kind, name, model = content.scope_for(key)
    until = min(until, since + cap_vendor_seconds(content.kind, MAX_DELAY))
    return Cooldown(
        scope_kind=scope_kind,
        key=name,
        model=model,
        kind=content.kind,
        message=learned_message(content),
        since=since,
        until=until,
        probe_at=probe_at(since, content.count, until),
        count=content.count,
        is_vendor_time=content.is_vendor_time,
        learned_from=content.machine,
    )


def learned_message(content: CooldownContent) -> str:
    """Return why it cools: in our words, and that another machine learned it."""
    start = MESSAGE_STARTS[content.kind]
    name = "".join(each for each in content.machine if each.isprintable())
    machine = f"machine {name!r}" if name else "another machine"
    return f"{start}, as {machine} of the fleet has learned"


# ------------------------------------------------------------------ what is left


def left_content(state: RateLimitState) -> dict[str, object]:
    """Return what to tell of what is left: resets as seconds since it was seen."""
    return _plain(
        LeftContent(
            tuple(
                SharedAllowance(
                    counted=each.counted,
                    limit=each.limit,
                    remaining=each.remaining,
                    reset_in=None if each.reset_at is None else each.reset_at - state.seen_at,
                )
                for each in state.allowances[:MAX_ALLOWANCES]
            )
        )
    )


def read_left(content: Mapping[str, object], seen_at: float) -> RateLimitState | None:
    """Return what another machine saw at the Unix time `seen_at`, None if it makes no sense."""
    try:
        found = msgspec.convert(content, LeftContent)
    except msgspec.ValidationError:
        return None
    return RateLimitState(
        seen_at=seen_at,
        allowances=tuple(
            Allowance(
                counted=each.counted,
                limit=each.limit,
                remaining=each.remaining,
                reset_at=None if each.reset_in is None else seen_at + each.reset_in,
            )
            for each in found.allowances
        ),
    )


def _plain(content: msgspec.Struct) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(content)
    return plain
