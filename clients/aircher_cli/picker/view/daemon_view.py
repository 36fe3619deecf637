"""What the daemon last said, in one frozen value. Shapes are those of docs/protocol.md."""

from dataclasses import dataclass, field
from typing import Literal

from aircher_cli.picker.view.here import Here
from aircher_cli.values import Map, text

MIGRATE = "aircher-cli migrate"
"""What a notice about files of the earlier aircher names."""

Link = Literal["connecting", "connected", "reconnecting", "stopped"]
"""The state of the connection. While it is not `connected`, the rest may be out of date.

`reconnecting` passes by itself. `stopped` does not: the user stopped the daemon, or none can be
started; the picker goes on when one runs.
"""


@dataclass(frozen=True)
class DaemonView:
    """The state of the daemon as the picker knows it.

    Attributes:
        link: The state of the connection.
        link_problem: Why there is no connection, in plain text; empty while there is one.
        models: All rows of `models.list`, those of providers that are not signed in included. Their
            `state` may be out of date: `keys` has that of the provider.
        has_models: Whether `models` has arrived; before that the list is not empty but loading.
        aliases: `{name, routes}` rows of `models.list`.
        lists: `{provider, fetched_at?, error?}` rows of `models.list`.
        default: The model of a request without one.
        default_candidates: `provider/model` names that a request without a model would try now.
        keys: Rows of `auth.status`.
        health: Rows of the topic `provider`: `{provider, key?, model?, health, ...}`.
        limits: Rows of `limits.status`.
        spend_today: Provider -> a row of `usage.report` since midnight, local time.
        spend_month: The same since the first day of the month.
        providers: Rows of `status`: `{provider, kind?, base_url?, state, ...}`.
        config: `config` of `status`.
        environment: Names of the variables with keys that the daemon would read.
        notices: What the daemon's user should know, in plain text, such as differing versions.
        last_errors: Provider -> the latest failed attempt, a row of the topic `attempt` with `at`.
        here: What requests from this folder, or of this conversation, use.
        tasks: Task of the configuration -> its model, of those that have one.
        lock: Why all keys are locked, as `auth.status` has it; empty while they are not.
        keys_refused: Why this client can store no key; empty if it can, or while all are locked.
        allowed: The only providers that this client may ask, as `auth.status` has them; else empty.
        is_in_fleet: Whether other machines count with this one: the sums are of this one alone.
    """

    link: Link = "connecting"
    link_problem: str = ""
    models: tuple[Map, ...] = ()
    has_models: bool = False
    aliases: tuple[Map, ...] = ()
    lists: tuple[Map, ...] = ()
    default: str = ""
    default_candidates: tuple[str, ...] = ()
    keys: tuple[Map, ...] = ()
    health: tuple[Map, ...] = ()
    limits: tuple[Map, ...] = ()
    spend_today: dict[str, Map] = field(default_factory=dict)
    spend_month: dict[str, Map] = field(default_factory=dict)
    providers: tuple[Map, ...] = ()
    config: Map = field(default_factory=dict)
    environment: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    last_errors: dict[str, Map] = field(default_factory=dict)
    here: Here = field(default_factory=Here)
    tasks: dict[str, str] = field(default_factory=dict)
    lock: Map = field(default_factory=dict)
    keys_refused: str = ""
    allowed: Map = field(default_factory=dict)
    is_in_fleet: bool = False

    @property
    def current_notices(self) -> tuple[str, ...]:
        """The notices that still hold: once a key is stored, nothing is left to carry over."""
        labels = (text(row.get("key")) for row in self.keys)
        is_stored = any(label and not label.startswith("env:") for label in labels)
        return tuple(each for each in self.notices if not (is_stored and MIGRATE in each))
