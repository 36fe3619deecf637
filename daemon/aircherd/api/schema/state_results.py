"""The results of `hello`, `status` and `diagnose`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from aircherd.api.schema.chat_results import Attempt
from aircherd.api.schema.fields import (
    FilePath,
    Health,
    HealthReason,
    KeyName,
    KeyState,
    Message,
    ProviderName,
    StartedBy,
    Time,
    Until,
    says,
)


class Nothing(TypedDict):
    """An empty map."""


class Server(TypedDict):
    """The daemon."""

    name: Literal["aircherd"]
    version: str


class Limits(TypedDict):
    """What the daemon accepts."""

    max_frame: Annotated[int, says("bytes of a frame")]


class Conversations(TypedDict):
    """Whether clients keep what is said."""

    keep: bool
    keep_days: Annotated[int | None, says("nil: without an end")]


class ProjectDefaults(TypedDict, total=False):
    """What the entry of [projects] adds to requests of this client."""

    model: str
    task: str
    key: str


class Notice(TypedDict):
    """A lasting condition that the user has to end."""

    code: Annotated[str, says("for programs; new ones may be added")]
    message: Message


class HelloResult(TypedDict):
    """What a client should know of the daemon."""

    protocol: Annotated[int, says("the version of the protocol")]
    server: Server
    features: Annotated[list[str], says("what this daemon has")]
    limits: Limits
    conversations: Conversations
    project: NotRequired[ProjectDefaults]
    host: NotRequired[Annotated[str, says("the other machine that the client is at")]]
    notices: Annotated[list[Notice], says("show each message to the user once")]


class Problem(TypedDict):
    """A problem in a configuration."""

    file: Annotated[str, says("empty for an entry that was not written")]
    line: Annotated[int, says("0 for the whole file")]
    path: Annotated[str, says("such as providers.work.env[0]")]
    message: Message
    hint: NotRequired[Annotated[str, says("what was probably meant, or is known here")]]


class ConfigProblem(TypedDict):
    """What is wrong with the configuration."""

    message: Message
    file: NotRequired[FilePath]
    problems: NotRequired[list[Problem]]


class ConfigState(TypedDict):
    """Whether the configuration is valid."""

    file: FilePath
    exists: Annotated[bool, says("false: there is none")]
    ok: Annotated[bool, says("false: it is invalid, or cannot be read")]
    problem: NotRequired[ConfigProblem]
    in_use: NotRequired[Annotated[str, says("what is used instead of an invalid file")]]
    keeps_roles: NotRequired[Annotated[bool, says("true: roles are those of the last good file")]]
    refused: NotRequired[Annotated[list[str], says("paths of entries that are not used")]]
    watch_problem: NotRequired[Annotated[str, says("why changes are found by rescans only")]]


class LedgerState(TypedDict):
    """Whether usage can be written."""

    state: Annotated[Literal["ok", "degraded"], says("degraded: attempts cannot be written now")]
    reason: NotRequired[Message]
    since: NotRequired[Time]
    on_failure: NotRequired[Annotated[Literal["refuse"], says("requests are refused then")]]


class Lock(TypedDict):
    """The lock of all keys, which is closed."""

    cause: Annotated[
        Literal["command", "lifetime", "damaged"],
        says("a command, the lifetime of keys, or a damaged record"),
    ]
    reason: Message
    since: Time
    until: NotRequired[Time]


class AuditState(TypedDict):
    """Lines of the audit log cannot be written, or were lost."""

    reason: Message
    lost: int


class HttpState(TypedDict):
    """The doors for clients that come over HTTP."""

    socket: FilePath
    socket_problem: NotRequired[Message]
    ports: NotRequired[list[int]]
    port_problem: NotRequired[Message]
    connections: int


class Forwarding(TypedDict):
    """The extra socket, for clients on other machines."""

    socket: FilePath
    problem: NotRequired[Message]
    clients: int


class Requests(TypedDict):
    """How many chats there are, and were."""

    active: int
    total: int


class Memory(TypedDict):
    """The budget of memory for clients, in bytes."""

    total: int
    used: int
    peak: Annotated[int, says("the most that was in use")]
    refused: Annotated[int, says("how often something was refused with busy")]
    refused_at: NotRequired[Time]


class KeyringState(TypedDict):
    """The state of the keyring."""

    state: Annotated[str, says("such as usable, locked, unavailable")]
    reason: NotRequired[Message]


class KeyFile(TypedDict, total=False):
    """The file with stored keys."""

    encrypted_with: str
    problem: Message


class Swap(TypedDict):
    """Whether keys in memory can be written to a disk."""

    state: Literal["no swap", "locked", "partly locked", "not locked"]
    locked_bytes: int
    reason: NotRequired[Message]


class LastFailure(Attempt):
    """The latest failed attempt of a provider since the daemon started."""

    at: Time


class ProviderRow(TypedDict):
    """A provider; one whose entry is refused has a reason and nothing else."""

    provider: ProviderName
    kind: NotRequired[Annotated[str, says("the API, such as anthropic")]]
    base_url: NotRequired[str]
    state: KeyState
    key: NotRequired[KeyName]
    reason: NotRequired[Message]
    health: NotRequired[Health]
    health_reason: NotRequired[HealthReason]
    until: NotRequired[Until]
    last_failure: NotRequired[LastFailure]
    builtin: NotRequired[Annotated[bool, says("true: the configuration has no such provider")]]
    absent: NotRequired[Annotated[bool, says("true: a local server that is not running")]]


class Connected(TypedDict):
    """A client that is connected."""

    name: str
    pid: NotRequired[int]
    program: NotRequired[Annotated[str, says("its program or script, as the kernel knows it")]]
    since: Time
    role: str
    host: NotRequired[Annotated[str, says("the other machine that it is at")]]
    http: NotRequired[Literal["socket", "token"]]
    connections: NotRequired[int]


class DefaultRoute(TypedDict):
    """What a request without a model would ask."""

    model: NotRequired[Annotated[str, says("the configured default")]]
    candidates: Annotated[list[str], says("provider/model, in order")]
    problem: NotRequired[Message]


class Task(TypedDict):
    """A preset of the configuration."""

    name: str
    model: NotRequired[str]


class SharedState(TypedDict):
    """What is shared with other machines, and whether the engine answers."""

    state: Annotated[
        Literal["starting", "ok", "away", "refused"],
        says("refused: trying again does not help without a change"),
    ]
    engine: Annotated[str, says("its address, without a password")]
    namespace: Annotated[str, says("which fleet of this engine")]
    time_zone: Annotated[str, says("where days of shared limits begin")]
    on_outage: Annotated[Literal["local", "refuse"], says("what happens while it is away")]
    label: Annotated[str, says("the name of this machine")]
    machine: NotRequired[Annotated[str, says("the lasting id of this machine")]]
    machines: NotRequired[Annotated[int, says("how many report")]]
    reason: NotRequired[Message]
    since: NotRequired[Time]
    differing: NotRequired[Annotated[list[str], says("labels of machines with other limits")]]


class StatusResult(TypedDict):
    """The state of the daemon."""

    version: str
    pid: int
    started_at: Time
    started_by: StartedBy
    uptime_s: float
    socket: FilePath
    home: FilePath
    data: FilePath
    log: NotRequired[FilePath]
    clients: Annotated[int, says("how many are connected")]
    connected: NotRequired[list[Connected]]
    http: HttpState
    forwarding: NotRequired[Forwarding]
    requests: Requests
    config: ConfigState
    ledger: LedgerState
    notices: NotRequired[Annotated[list[Notice], says("as in hello, without those shown once")]]
    lock: NotRequired[Lock]
    memory: Memory
    shared: NotRequired[SharedState]
    audit: NotRequired[AuditState]
    keyring: NotRequired[KeyringState]
    key_file: NotRequired[KeyFile]
    swap: Swap
    providers: list[ProviderRow]
    default: DefaultRoute
    tasks: list[Task]


class Finding(TypedDict):
    """The result of one check."""

    check: Annotated[str, says("what was checked")]
    status: Literal["ok", "warning", "problem"]
    message: Message
    cure: NotRequired[Annotated[str, says("a command, or what to do")]]


class TimeZone(TypedDict):
    """The daemon's time zone."""

    name: str
    offset_s: int
    configured: NotRequired[bool]


class Facts(TypedDict):
    """What only the client can compare with what it sees itself."""

    version: str
    pid: int
    started_by: StartedBy
    python: FilePath
    package: FilePath
    time_zone: TimeZone
    socket: FilePath
    paths: dict[str, str]


class Diagnosis(TypedDict):
    """What may be wrong."""

    findings: list[Finding]
    facts: Facts


class Schema(TypedDict):
    """A schema."""

    schema: Annotated[str, says("JSON as a string")]
