"""Pure: each provider, and the clocks of this machine and of the providers, as findings."""

from collections.abc import Sequence

import msgspec

from aircherd.api.diagnosis.finding import Finding, refused
from aircherd.auth.key_sources import ENV_PREFIX
from aircherd.config.model import UNIX
from aircherd.vocabulary.keys import USABLE, KeyState, KeyStatus

CLOCK = "clock"
PROVIDERS = "providers"

MAX_SKEW_SECONDS = 60.0
SET_CLOCK = "sudo timedatectl set-ntp true"


class ProviderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about a provider.

    - `rows`: its keys. `is_custom`: the configuration has an entry for it.
    - `unreachable`: why it does not answer; None if it does, or if `ms` is None, was not called.
    - `ms`: how long its answer took. `skew`: its clock minus ours in seconds, None if unknown.
    - `health`: why it is skipped now, None if it is not.
    """

    name: str
    base_url: str
    rows: Sequence[KeyStatus]
    is_custom: bool
    unreachable: str | None = None
    ms: int | None = None
    skew: float | None = None
    health: str | None = None

    @property
    def best(self) -> KeyStatus:
        """The row of its best key."""
        return next((row for row in self.rows if row.state in USABLE), self.rows[0])


def is_relevant(rows: Sequence[KeyStatus], *, is_custom: bool) -> bool:
    """Return whether the user seems to use a provider, so that it is checked.

    A built-in one without a key is not: it was never signed in to, or its server does not run.
    """
    return is_custom or any(row.key is not None for row in rows)


def provider_findings(
    facts: Sequence[ProviderFacts], *, is_explained: bool = False
) -> list[Finding]:
    """Return the findings about providers and clocks.

    With `is_explained` another finding says why no key is usable: all are locked, or the
    configuration cannot be used. Signing in would be refused.
    """
    found = [finding for each in facts for finding in _about(each)]
    if not is_explained and not any(
        each.best.state in USABLE and not _is_down(each) for each in facts
    ):
        message = "there is no usable key for any provider"
        found.append(Finding(PROVIDERS, "problem", message, "aircher-cli auth login anthropic"))
    return found + clock_findings(facts)


def _is_down(facts: ProviderFacts) -> bool:
    """Return whether a provider that needs no key does not answer: its server may be stopped."""
    return facts.best.state is KeyState.NOT_REQUIRED and facts.unreachable is not None


def _about(facts: ProviderFacts) -> list[Finding]:
    check, key = f"provider {facts.name}", facts.best
    if facts.unreachable is not None:
        cure = _cure_of_silence(facts.base_url)
        return [Finding(check, "problem", f"does not answer: {facts.unreachable}", cure)]
    answers = "" if facts.ms is None else f", answers in {facts.ms} ms"
    if key.state is KeyState.NOT_CONFIGURED and key.key is None:
        cure = f"aircher-cli auth login {facts.name}"
        return [Finding(check, "warning", f"is not signed in{answers}", cure)]
    if key.state not in USABLE:
        reason, hint = _reason_and_hint(key)
        message = f"its key {key.key!r} cannot be used: {reason}{answers}"
        return [Finding(check, "problem", message, hint or f"aircher-cli auth test {facts.name}")]
    if facts.health is not None:
        cure = f"aircher-cli cooldowns clear {facts.name}"
        return [Finding(check, "warning", f"is skipped now: {facts.health}{answers}", cure)]
    return [Finding(check, "ok", f"{_signed_in(key)}{answers}")]


def _cure_of_silence(base_url: str) -> str:
    """Return what to do about a provider that does not answer."""
    if base_url.startswith(UNIX):
        return (
            "start the daemon behind the socket, or where it is on another machine, run "
            "'aircher-cli forward' there"
        )
    return (
        f"check the network, the proxy and base_url; what this machine gets: 'curl -sSI {base_url}'"
    )


def _reason_and_hint(key: KeyStatus) -> tuple[str, str | None]:
    """Return why a key cannot be used and what to do, which a refused file's reason ends with."""
    reason = key.reason or key.state.value
    if key.hint or not (key.key or "").startswith(ENV_PREFIX):
        return reason, key.hint
    found = refused(PROVIDERS, "problem", reason)
    return found.message, found.cure


def _signed_in(key: KeyStatus) -> str:
    if key.state is KeyState.NOT_REQUIRED:
        return "needs no key"
    source = f" ({key.source})" if key.source else ""
    if key.state is KeyState.UNVERIFIED:
        return f"has a key that was not tried yet{source}"
    return f"is signed in{source}"


# ------------------------------------------------------------------ clocks


def clock_findings(facts: Sequence[ProviderFacts]) -> list[Finding]:
    """Return a finding for a clock that is off by more than a minute."""
    known = [(each.name, each.skew) for each in facts if each.skew is not None]
    off = [(name, skew) for name, skew in known if abs(skew) > MAX_SKEW_SECONDS]
    if not known:
        return []
    if not off:
        return [Finding(CLOCK, "ok", "this machine's clock agrees with the providers'")]
    if len(off) == len(known):
        name, skew = off[0]
        side = "behind" if skew > 0 else "ahead of"
        message = f"this machine's clock is {_duration(skew)} {side} that of {name}"
        return [Finding(CLOCK, "warning", message, SET_CLOCK)]
    return [
        Finding(
            CLOCK,
            "warning",
            f"the clock of {name} is {_duration(skew)} {'ahead' if skew > 0 else 'behind'}, unlike "
            "those of the other providers",
            f"nothing can be done on this machine: tell the operator of {name}",
        )
        for name, skew in off
    ]


def _duration(seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} days"
