"""The parameters of every method, validated before a handler sees them."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from aircher_wire import methods
from aircherd.config.model import Per
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.keys import DEFAULT_LABEL

MAX_ATTEMPTS = 1000
"""Rows of one `attempts.list`: about 250 KB."""


class StrictParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base class that refuses unknown parameters, so misspelled ones are not ignored."""


Name = Annotated[str, msgspec.Meta(max_length=200)]
"""A name. Its length is limited because errors, events and logs repeat it."""


class NoParams(StrictParams, frozen=True):
    """No parameters."""


class StatusParams(StrictParams, frozen=True):
    """Without `keyring` the result comes at once, without the state of the keyring.

    With `clients` it lists the clients that are connected.
    """

    keyring: bool = True
    clients: bool = False


class ClientInfo(msgspec.Struct, frozen=True):
    """The client's name and version. Unknown fields are ignored for newer clients."""

    name: Name
    version: Name | None = None


class HelloParams(msgspec.Struct, frozen=True):
    """`protocol` is the highest version that the client speaks.

    `folder` is the working directory, if that is not the project. `shows_notices`: it shows every
    notice to the user. `session_bus`: what it has in `DBUS_SESSION_BUS_ADDRESS`. `pace_ms`: the
    milliseconds between two sends of a chat's deltas; None leaves it as it is, at first 0. `host`:
    the name of its machine, for a daemon on another one. `signatures`: its deltas have them.
    """

    protocol: int = methods.PROTOCOL
    client: ClientInfo | None = None
    project: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    folder: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    shows_notices: bool = False
    session_bus: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    pace_ms: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None = None
    host: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    signatures: bool = False


class ExplainParams(ChatRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A chat request; `messages` may be left out."""

    messages: list[Message] = msgspec.field(default_factory=list)


class DiagnoseParams(StrictParams, frozen=True):
    """The variables of the client's environment: fingerprints, made with `salt`.

    `aircher_wire.fingerprints` makes them.
    """

    salt: Annotated[str, msgspec.Meta(max_length=64)] = ""
    variables: Annotated[dict[Name, Name], msgspec.Meta(max_length=2000)] = {}


class LoginParams(StrictParams, frozen=True):
    """`key` is stored under `label`, after a live check unless `verify` is False.

    Unless `replace`, another key that is stored under the label stays. `store` is the user's choice
    of where the key is kept; without it the file is used only where there is no keyring.
    """

    provider: Name
    key: str
    label: Name = DEFAULT_LABEL
    verify: bool = True
    replace: bool = True
    store: Literal["keyring", "file"] | None = None


class LogoutParams(StrictParams, frozen=True):
    """Without `label` every stored key of the provider is removed."""

    provider: Name
    label: Name | None = None


class TestParams(StrictParams, frozen=True):
    """Without `provider` every key is tested."""

    provider: Name | None = None


class ImportParams(StrictParams, frozen=True):
    """The client's environment variables, name to value; `store` as in `LoginParams`."""

    variables: dict[str, str]
    verify: bool = True
    store: Literal["keyring", "file"] | None = None


MAX_LOCK_SECONDS = 366 * 86_400


class LockParams(StrictParams, frozen=True):
    """Without `seconds` the keys stay locked until `auth.unlock`."""

    seconds: Annotated[float, msgspec.Meta(gt=0, le=MAX_LOCK_SECONDS)] | None = None


class UnlockParams(StrictParams, frozen=True):
    """`proof` as in `aircherd.api.file_proof`."""

    proof: Name | None = None


class AuditParams(StrictParams, frozen=True):
    """Which lines of the audit log; the newest `limit` of them. Unix times."""

    since: float | None = None
    until: float | None = None
    client: Name | None = None
    kind: Name | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_ATTEMPTS)] = 200


class AnswerParams(StrictParams, frozen=True):
    """The number of a question, and the answer. `proof` as in `aircherd.api.file_proof`."""

    number: int
    allow: bool
    proof: Name | None = None


class ListParams(StrictParams, frozen=True):
    """Filters for `models.list`.

    Every word of `query` has to be part of a name. `all` includes providers that are not signed in.
    `model` selects one `provider/model` and excludes the other parameters. Without `wait`, stale
    lists are fetched in the background. `own` leaves out the models of other daemons.
    """

    provider: Name | None = None
    query: Name = ""
    all: bool = False
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None
    wait: bool = True
    own: bool = False


class UseParams(StrictParams, frozen=True):
    """A model: an alias, a bare name or `provider/model`."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class RefreshParams(StrictParams, frozen=True):
    """Without `provider` every list and models.dev are fetched."""

    provider: Name | None = None


class ClearParams(StrictParams, frozen=True):
    """Without `provider` all cooldowns are cleared."""

    provider: Name | None = None


class ReportParams(StrictParams, frozen=True):
    """`since` and `until` are Unix times; `by` lists the columns to group by."""

    since: float | None = None
    until: float | None = None
    by: list[Name] = msgspec.field(default_factory=list)


Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class FleetReportParams(StrictParams, frozen=True):
    """From which day to which, both included, in the fleet's time zone: this month by default."""

    since: Day | None = None
    until: Day | None = None


class ForgetParams(StrictParams, frozen=True):
    """A machine of the fleet: its id or its label."""

    machine: Name


class AttemptsParams(StrictParams, frozen=True):
    """Which attempts, as in `usage.listed_attempts`; the newest `limit` of them."""

    since: float | None = None
    until: float | None = None
    provider: Name | None = None
    model: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    client: Name | None = None
    outcome: Name | None = None
    failed: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_ATTEMPTS)] = 200


class SubscribeParams(StrictParams, frozen=True):
    """Topics as in `aircherd.events`."""

    topics: list[Name]


class UnsubscribeParams(StrictParams, frozen=True):
    """Without `topics` all subscriptions end."""

    topics: list[Name] | None = None


class CheckParams(StrictParams, frozen=True):
    """The text of a configuration; `file` is the name used in problems.

    Without a text, the daemon's own file is checked.
    """

    text: str | None = None
    file: Annotated[str, msgspec.Meta(max_length=4096)] = "config.toml"


class ShowParams(StrictParams, frozen=True):
    """`all` includes the settings that have their default."""

    all: bool = False


class WriteParams(StrictParams, frozen=True):
    """The whole text of a configuration, and the SHA-256 of the file that it is based on.

    An empty `base` means that there was no file; without `base` any file is replaced. `proof` as in
    `aircherd.api.file_proof`.
    """

    text: str
    base: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    proof: Name | None = None


class EntryParams(StrictParams, frozen=True):
    """An entry to set: its `value`, or a `text` as a person types it."""

    path: str
    value: object = msgspec.UNSET
    text: str | None = None


MAX_CHANGES = 100
"""Entries of one request: each takes up to 60 ms in a large file."""


class SetParams(StrictParams, frozen=True):
    """Entries to set, and the paths of entries to remove; all of them or none.

    `proof` as in `aircherd.api.file_proof`.
    """

    entries: Annotated[list[EntryParams], msgspec.Meta(max_length=MAX_CHANGES)] = []
    unset: Annotated[list[str], msgspec.Meta(max_length=MAX_CHANGES)] = []
    proof: Name | None = None


TokenName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""It is the name of a client, and is typed."""
MAX_AMOUNT = 10**15


class TokenLimit(StrictParams, frozen=True):
    """The maximum of one amount or more within a window."""

    per: Per
    requests: Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT)] | None = None
    tokens: Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT)] | None = None
    usd: Decimal | None = None


class TokenCreateParams(StrictParams, frozen=True):
    """A token's name, and what it may be used for; `expires_at` is a Unix time.

    None leaves a thing open. `project` is that of its requests.
    """

    name: TokenName
    models: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=100)] | None = None
    providers: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=100)] | None = None
    limits: Annotated[list[TokenLimit], msgspec.Meta(max_length=20)] = []
    project: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)] | None = None
    expires_at: float | None = None


class TokenRevokeParams(StrictParams, frozen=True):
    """The name of a token."""

    name: Name


class HttpOpenParams(StrictParams, frozen=True):
    """A token that lives as long as the connection: the client's name, and its project.

    `model` answers each of its chats, whatever name they have. `digest` is that of a token that
    the client has from an earlier daemon, in hexadecimal, and `port` the port that this one had.
    """

    name: TokenName
    project: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)] | None = None
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None
    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")] | None = None
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
