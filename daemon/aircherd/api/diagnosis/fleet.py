"""Pure: the engine between the machines of a fleet, and the machines, as findings."""

from collections import Counter

from aircherd.api.diagnosis.finding import Finding
from aircherd.api.diagnosis.providers import SET_CLOCK
from aircherd.shared_state.engine_facts import NO_EVICTION, EngineFacts
from aircherd.shared_state.fleet_status import FleetStatus, SeenMachines

FLEET = "shared state"
DOCUMENTED = "see 'The engine' in docs/fleet.md"
SLOW_MS = 50.0
"""A request waits for at most 100 ms when its lease is used up."""
MAX_SKEW_SECONDS = 5.0


def fleet_findings(
    status: FleetStatus, facts: EngineFacts | None, seen: SeenMachines
) -> list[Finding]:
    """Return the findings about what is shared; `facts` None: the engine does not answer."""
    if facts is None or status.state in ("away", "refused"):
        return [*_away(status), *_limits(status)]
    return [
        *_reached(status, facts),
        *_keeping(facts),
        *_rights(facts),
        *_clock(status, facts),
        *_limits(status),
        *_machines(seen),
    ]


def _away(status: FleetStatus) -> list[Finding]:
    """Return the finding about an engine that does not answer; where it refused, why has a cure."""
    reason = (status.reason or f"the engine at {status.engine} does not answer").rstrip(".")
    cure = "check that the engine runs and can be reached from here; it is tried again by itself"
    if status.state == "refused" and ": " in reason:
        reason, _, cure = reason.partition(": ")
    effect = (
        "requests under shared limits are refused"
        if status.on_outage == "refuse"
        else "each machine uses its part of what was left"
    )
    return [Finding(FLEET, "problem", f"{reason}; meanwhile {effect}", cure)]


def _reached(status: FleetStatus, facts: EngineFacts) -> list[Finding]:
    version = f" {facts.version}" if facts.version else ""
    name = f"{facts.product}{version} at {status.engine}"
    if facts.is_replica:
        cure = "write the address of the primary in url of [shared]"
        return [Finding(FLEET, "problem", f"{name} is a replica, which takes no reports", cure)]
    message = f"{name} answers in {facts.ms:.1f} ms"
    if facts.ms > SLOW_MS:
        cure = "use an engine nearer to the machines: requests may wait for it, at most 100 ms"
        return [Finding(FLEET, "warning", f"{message}, which is slow", cure)]
    return [Finding(FLEET, "ok", message)]


def _keeping(facts: EngineFacts) -> list[Finding]:
    found = []
    if facts.policy not in (None, NO_EVICTION) and facts.memory != 0:
        message = (
            f"the engine removes keys when its memory is full (maxmemory-policy {facts.policy}): "
            "what machines have used is forgotten then, until they report all of it again"
        )
        cure = f"set maxmemory-policy {NO_EVICTION} in the engine's configuration"
        found.append(Finding(FLEET, "warning", message, cure))
    if facts.saves is False:
        message = (
            "the engine keeps nothing over a restart (appendonly no): what it had granted is "
            "granted again then, and limits may be exceeded by that"
        )
        cure = "set appendonly yes in the engine's configuration"
        found.append(Finding(FLEET, "warning", message, cure))
    return found


def _rights(facts: EngineFacts) -> list[Finding]:
    found = []
    user = f"the engine's user {facts.user!r}"
    if facts.has_password is False:
        cure = (
            f"give it a password, and store it with 'aircher-cli auth login shared'; {DOCUMENTED}"
        )
        found.append(Finding(FLEET, "warning", f"{user} needs no password", cure))
    if facts.rights:
        cure = f"use a user of its own with few rights; {DOCUMENTED}"
        found.append(Finding(FLEET, "warning", f"{user} may use {facts.rights}", cure))
    return found


def _clock(status: FleetStatus, facts: EngineFacts) -> list[Finding]:
    if abs(facts.skew) <= MAX_SKEW_SECONDS:
        return []
    side = "behind" if facts.skew > 0 else "ahead of"
    message = (
        f"this machine's clock is {abs(facts.skew):,.0f} s {side} the engine's; shared limits go "
        f"by the engine's (days in {status.time_zone})"
    )
    return [Finding(FLEET, "warning", message, SET_CLOCK)]


def _limits(status: FleetStatus) -> list[Finding]:
    if not status.differing:
        return []
    names = ", ".join(status.differing)
    message = (
        f"other machines have other limits: {names}; each keeps its own, but they count together"
    )
    cure = "give all machines the same [[limits]]; if they are two fleets, other namespaces"
    return [Finding(FLEET, "warning", message, cure)]


def _machines(seen: SeenMachines) -> list[Finding]:
    live = [row for row in seen.rows if row.is_live]
    message = f"{len(live)} of {len(seen.rows)} machines report now"
    found = [Finding(FLEET, "ok", message)] if live else []
    for label, number in Counter(row.label for row in live).items():
        if number > 1:
            cure = "give each a name: machine in [shared]"
            text = f"{number} machines that report are called {label!r}"
            found.append(Finding(FLEET, "warning", text, cure))
    for row in seen.rows:
        if not row.is_live and any(row.held.values()):
            text = (
                f"{row.label} is silent, and what it held counts as used until the windows of the "
                "limits are over"
            )
            cure = f"start it; if it will not come back: aircher-cli fleet forget {row.label}"
            found.append(Finding(FLEET, "warning", text, cure))
    return found
