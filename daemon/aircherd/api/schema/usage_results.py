"""The results of `usage.report`, `attempts.list`, `limits.status` and `fleet.report`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from aircherd.api.schema.fields import (
    Amount,
    KeyName,
    Milliseconds,
    ModelName,
    Outcome,
    ProviderName,
    Time,
    Tokens,
    Usd,
    says,
)
from aircherd.api.schema.state_results import LedgerState, SharedState


class Sums(TypedDict):
    """Totals of attempts."""

    requests: Annotated[int, says("attempts at a provider")]
    failed: int
    input_tokens: Tokens
    output_tokens: Tokens
    cached_tokens: Tokens
    cache_write_tokens: Tokens
    reasoning_tokens: Tokens
    cost: Usd
    unknown_cost: Annotated[int, says("attempts whose cost is not known")]
    estimated: Annotated[int, says("attempts whose usage was not reported")]
    estimated_input_tokens: Tokens
    estimated_output_tokens: Tokens
    estimated_cost: Usd


class UsageRow(Sums):
    """Totals, with the values of the columns in `by`."""

    day: NotRequired[Annotated[str, says("2026-11-30, local time")]]
    provider: NotRequired[ProviderName]
    model: NotRequired[ModelName]
    key: NotRequired[KeyName]
    client: NotRequired[str]
    project: NotRequired[str]
    outcome: NotRequired[Outcome]


class UsageReport(TypedDict):
    """Requests, tokens and cost of a period."""

    since: NotRequired[Time]
    until: NotRequired[Time]
    by: list[str]
    rows: list[UsageRow]
    totals: Sums
    ledger: LedgerState


class NextAttempt(TypedDict):
    """The attempt that followed a failed one."""

    provider: ProviderName
    model: ModelName
    outcome: Outcome


class ListedAttempt(TypedDict):
    """An attempt that has ended."""

    at: Annotated[float, says("Unix time when it began")]
    provider: ProviderName
    model: ModelName
    key: NotRequired[KeyName]
    client: NotRequired[str]
    project: NotRequired[str]
    outcome: Outcome
    ms: NotRequired[Milliseconds]
    first_ms: NotRequired[Annotated[int, says("milliseconds to the first output")]]
    input_tokens: NotRequired[Tokens]
    output_tokens: NotRequired[Tokens]
    cached_tokens: NotRequired[Tokens]
    cache_write_tokens: NotRequired[Tokens]
    reasoning_tokens: NotRequired[Tokens]
    cost: NotRequired[Usd]
    estimated: NotRequired[Annotated[bool, says("true: the usage was not reported")]]
    then: NotRequired[NextAttempt]


class AttemptsList(TypedDict):
    """Attempts, the newest last."""

    rows: list[ListedAttempt]
    more: NotRequired[Annotated[bool, says("true: there are older matches")]]
    kept_since: NotRequired[Annotated[float, says("Unix time: earlier ones were removed")]]
    ledger: LedgerState


class MachineUse(TypedDict):
    """What one machine of the fleet used of a limit, and what it may use without asking."""

    machine: Annotated[str, says("its lasting id")]
    label: Annotated[str, says("its name for people")]
    this: NotRequired[Annotated[bool, says("true: this machine")]]
    live: Annotated[bool, says("false: it has not reported lately")]
    used: Amount
    held: Annotated[Amount, says("what it may use without asking")]


class LimitRow(TypedDict):
    """How much of a limit is used."""

    limit: Annotated[str, says("for people: anthropic: 5.00 USD a day")]
    counted: Annotated[Literal["requests", "tokens", "usd"], says("what is limited")]
    per: Annotated[Literal["minute", "hour", "day", "month"], says("the window")]
    max: Amount
    used: Amount
    reserved: Amount
    left: Amount
    share: Annotated[float, says("used / max")]
    resets_at: NotRequired[Time]
    incomplete: NotRequired[Annotated[bool, says("true: used may be too low")]]
    refuses: NotRequired[Annotated[bool, says("true: requests are refused")]]
    margin: NotRequired[Amount]
    others: NotRequired[Annotated[bool, says("true: it counts nothing that this client asks")]]
    provider: NotRequired[ProviderName]
    key: NotRequired[Annotated[str, says("only what is asked with this key")]]
    model: NotRequired[Annotated[str, says("only what is asked of this model")]]
    client: NotRequired[Annotated[str, says("only what this client asks")]]
    project: NotRequired[Annotated[str, says("only what is asked for this project")]]
    shared: NotRequired[Annotated[bool, says("true: all machines of the fleet count")]]
    used_here: NotRequired[Annotated[Amount, says("the part of this machine")]]
    held_elsewhere: NotRequired[Annotated[Amount, says("what other machines have leased")]]
    machines: NotRequired[list[MachineUse]]


class UnknownName(TypedDict):
    """A model or a key in a limit that does not exist."""

    limit: Annotated[int, says("index of the limit, from 0")]
    what: Annotated[Literal["model", "key"], says("what does not exist")]
    name: Annotated[str, says("as it is written")]
    nearest: NotRequired[Annotated[str, says("what was probably meant")]]
    file: NotRequired[Annotated[str, says("the configuration")]]
    line: NotRequired[Annotated[int, says("where it is")]]


class SeenState(SharedState):
    """The state of the engine, and how old the rows of machines are."""

    age_s: NotRequired[Annotated[float, says("seconds since the engine was read")]]
    problem: NotRequired[Annotated[str, says("why that is not now")]]


class LimitsStatus(TypedDict):
    """All limits, in the order of the configuration."""

    limits: list[LimitRow]
    unknown: list[UnknownName]
    ledger: LedgerState
    shared: NotRequired[SeenState]


class FleetDay(TypedDict):
    """What a machine used on one day."""

    day: Annotated[str, says("2026-11-30, in the fleet's time zone")]
    requests: int
    tokens: Tokens
    cost: Usd


class FleetMachine(TypedDict):
    """A machine of the fleet, and what it used."""

    machine: Annotated[str, says("its lasting id")]
    label: Annotated[str, says("its name for people")]
    this: NotRequired[Annotated[bool, says("true: this machine")]]
    live: Annotated[bool, says("false: it has not reported lately")]
    seen_at: Time
    requests: int
    tokens: Tokens
    cost: Usd
    days: list[FleetDay]


class FleetSums(TypedDict):
    """What all machines used together."""

    requests: int
    tokens: Tokens
    cost: Usd


class FleetReport(TypedDict):
    """What each machine used, and the sum."""

    shared: SharedState
    since: Annotated[str, says("the first day")]
    until: Annotated[str, says("the last day")]
    machines: list[FleetMachine]
    totals: FleetSums
    age_s: NotRequired[float]
    problem: NotRequired[Annotated[str, says("why other machines are not as they are now")]]


class Forgotten(TypedDict):
    """A machine that was forgotten."""

    forgotten: Annotated[bool, says("false: the engine did not know it any more")]
    machine: Annotated[str, says("its lasting id")]
    label: Annotated[str, says("its name for people")]
