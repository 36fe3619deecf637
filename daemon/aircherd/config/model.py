"""The effective configuration: one frozen snapshot, replaced as a whole.

It merges the built-in providers with the user's file; every value is validated. A request keeps the
snapshot it started with.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple, get_args
from urllib.parse import urlsplit

import msgspec

from aircherd.config.problems import Problem, summary
from aircherd.errors import ConfigInvalid
from aircherd.vocabulary.builtin_providers import SOCKET, VENDORS
from aircherd.vocabulary.chat import Effort
from aircherd.vocabulary.content.tools import ToolType
from aircherd.vocabulary.hosts import is_loopback
from aircherd.vocabulary.models import ApiName

Strategy = Literal["priority", "cheapest", "fastest"]
"""The order in which candidates are tried."""

Per = Literal["minute", "hour", "day", "month"]
"""A limit's window: minutes and hours slide, days and months are calendar units in local time."""

Amount = Literal["requests", "tokens", "usd"]
AMOUNTS: tuple[Amount, ...] = get_args(Amount)
"""What a limit can count."""

OnFailure = Literal["serve", "refuse"]
"""What happens to requests under a limit while it is not known what was used."""

UNIX = "unix://"
"""What precedes the path of a socket where there is a URL otherwise."""

MaxTokensField = Literal["max_tokens", "max_completion_tokens"]


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider, ready to be called.

    - `base_url`: without a trailing slash; of kind `socket`, `unix://` and the socket's path.
    - `needs_key`: False for local servers.
    - `env`: environment variables that may hold its key. `key_command`: prints its key.
    - `api`: which of the vendor's APIs to use. `max_tokens_field`: the server's name for the limit
      on output. `num_ctx`: the context window (tokens) a local server loads a model with. None
      leaves the choice to the adapter.
    - `fallback`: what replaces it when it fails: providers, or `provider/model`.
    """

    name: str
    kind: str
    base_url: str
    needs_key: bool = True
    env: tuple[str, ...] = ()
    key_command: tuple[str, ...] | None = None
    headers: dict[str, str] = {}
    default_model: str | None = None
    keys_page: str | None = None
    api: ApiName | None = None
    max_tokens_field: MaxTokensField | None = None
    num_ctx: int | None = None
    fallback: tuple[str, ...] = ()

    @property
    def socket_path(self) -> str | None:
        """The socket of the daemon that it is, None if it is none."""
        return self.base_url.removeprefix(UNIX) if self.kind == SOCKET else None

    @property
    def origin(self) -> str:
        """Scheme, host and port, e.g. `https://api.openai.com:443`; a key is bound to it."""
        return origin_of(self.base_url)

    @property
    def can_carry_key(self) -> bool:
        """Whether a key may be sent there: over https, or over http to this machine."""
        return _can_carry_key(self.base_url)


class Route(msgspec.Struct, frozen=True):
    """A provider, and the name of a model there.

    `key` is the label of the only key that may be used, None for any.
    """

    provider: str
    model: str
    key: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Route":
        """Parse `provider/model` or `provider@key/model`.

        The model's name may contain more slashes.

        Raises:
            ValueError: there is no slash, or a part is empty.
        """
        head, slash, model = text.partition("/")
        provider, at, key = head.partition("@")
        if not (slash and provider and model) or (at and not key):
            raise ValueError(f"{text!r} is not of the form provider/model or provider@key/model")
        return cls(provider, model, key or None)

    @property
    def name(self) -> str:
        """`provider/model`, without the key."""
        return f"{self.provider}/{self.model}"

    def __str__(self) -> str:
        return f"{self.provider}@{self.key}/{self.model}" if self.key else self.name


class Alias(msgspec.Struct, frozen=True):
    """A model name defined by the user, and its routes in order.

    `strategy` None means the strategy of `[fallback]`.
    """

    name: str
    routes: tuple[Route, ...]
    strategy: Strategy | None = None


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """How to connect to providers. Times are in seconds; `ca_file` is an absolute path.

    `models_dev` is the URL of public model data, fetched by `models refresh`.
    """

    proxy: str | None = None
    ca_file: str | None = None
    connect_timeout: float = 10.0
    first_byte_timeout: float = 120.0
    idle_timeout: float = 60.0
    request_timeout: float = 600.0
    models_dev: str = "https://models.dev/api.json"


class Fallback(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of a request's fallback.

    `max_attempts` is the number of calls of one request; `max_cost_increase` is the highest price
    of a candidate, as a multiple of the first choice's price, None for no bound.
    """

    max_attempts: int = 4
    max_cost_increase: Decimal | None = None
    strategy: Strategy = "priority"


class Daemon(msgspec.Struct, frozen=True, kw_only=True):
    """How the daemon itself runs.

    `idle_exit` is for how many seconds no client may be connected before a daemon that its socket
    has started ends; None to run on. `max_memory` is the budget of all its buffers, in
    megabytes.
    """

    idle_exit: float | None = 3600.0
    max_memory: int = 256


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """The APIs for existing tools.

    `port` is open at this machine's own addresses, None for none. `hosts` are further names that
    clients may call this machine by, with a port or without, `origins` the web pages that may ask.
    `models` maps names that tools insist on, `*` standing for any part, to names of ours.
    """

    port: int | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    models: dict[str, str] = {}


class Conversations(msgspec.Struct, frozen=True, kw_only=True):
    """Whether clients keep conversations, and for how many days; None to keep them forever."""

    keep: bool = True
    keep_days: int | None = 90


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """How the daemon handles keys.

    `lifetime` is for how many seconds it has keys in memory before it locks them; None for no end.
    `encrypt_with` is how the credentials file is encrypted: "" for not at all, None to leave it as
    it is. `age_identity` is the path of the identity for `age`, None for the one in the home.
    """

    lifetime: float | None = None
    encrypt_with: Literal["systemd-creds", "age", ""] | None = None
    age_identity: str | None = None


OnOutage = Literal["local", "refuse"]
"""What happens to requests under a shared limit while the engine is away."""

EngineScheme = Literal["redis", "rediss", "valkey", "valkeys", "unix"]


class EngineAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the engine is: a host with its port, or the `path` of a socket.

    `user` is a name of the engine's access control list, None for its default user.
    """

    scheme: EngineScheme
    host: str = ""
    port: int = 6379
    path: str = ""
    user: str | None = None
    database: int = 0

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection uses TLS."""
        return self.scheme in ("rediss", "valkeys")

    @property
    def can_carry_password(self) -> bool:
        """Whether a password may be sent there: encrypted, or without leaving this machine."""
        return self.is_encrypted or self.scheme == "unix" or is_loopback(self.host)

    @property
    def origin(self) -> str:
        """Where it is, without the user and the database; a password is bound to it."""
        if self.scheme == "unix":
            return f"unix://{self.path}"
        name = "rediss" if self.is_encrypted else "redis"
        return f"{name}://{_in_brackets(self.host)}:{self.port}"

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        host = "" if self.scheme == "unix" else f"{_in_brackets(self.host)}:{self.port}"
        database = f"/{self.database}" if self.database else ""
        return f"{self.scheme}://{user}{host}{self.path}{database}"


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """The engine by which several machines share limits, cooldowns and spending.

    - `namespace`: what its keys begin with; machines with the same one are a fleet.
    - `key_command`: prints its password.
    - `ca_file`, `cert_file`, `cert_key_file`: absolute paths, for TLS.
    - `time_zone`: the one in which days and months of shared limits begin, the same for all.
    - `machine`: what people call this machine; None for its host name.
    """

    address: EngineAddress
    namespace: str = "aircher"
    key_command: tuple[str, ...] | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    cert_key_file: str | None = None
    on_outage: OnOutage = "local"
    time_zone: str = "UTC"
    machine: str | None = None


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """The user's data about a model, which takes precedence over the catalogue; None if not set.

    Sizes are in tokens, prices in USD per million tokens. The fields are those of `Model`.
    """

    window: int | None = None
    max_output: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    cached_price: Decimal | None = None
    cache_write_price: Decimal | None = None
    cache_write_1h_price: Decimal | None = None
    tools: bool | None = None
    images: bool | None = None
    documents: bool | None = None
    audio: bool | None = None
    reasoning: bool | None = None
    json_schema: bool | None = None
    sampling: bool | None = None
    api: ApiName | None = None


class LimitScope(NamedTuple):
    """Which calls a limit counts: those that match every field that is not None.

    `key` is the label of a key; `model` is a name at `provider`, which is then set, too. `project`
    is as the ledger has it: a folder, or the name that a client gave.
    """

    provider: str | None = None
    key: str | None = None
    model: str | None = None
    client: str | None = None
    project: str | None = None


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The maximum of each amount within a window; None is unlimited.

    `usd` is exact, with at most nine decimals. `provider` is set if `model` is. When the
    share `warn_at` of an amount is used, an event warns the user. One that `is_shared` counts what
    all machines of the fleet use, others what this machine uses.
    """

    per: Per
    requests: int | None = None
    tokens: int | None = None
    usd: Decimal | None = None
    provider: str | None = None
    key: str | None = None
    model: Route | None = None
    client: str | None = None
    project: str | None = None
    warn_at: float = 0.8
    is_shared: bool = False

    @property
    def scope(self) -> LimitScope:
        """Which calls it counts."""
        model = self.model.model if self.model else None
        return LimitScope(self.provider, self.key, model, self.client, self.project)

    @property
    def amounts(self) -> dict[Amount, int | Decimal]:
        """The amounts it limits, and the maximum of each."""
        values = {name: getattr(self, name) for name in AMOUNTS}
        return {name: value for name, value in values.items() if value is not None}


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A preset for requests that name it; None, or no tools, leaves a field as it is.

    `model` is an alias or `provider/model`. `tools` are types of tools that run at the provider.
    """

    model: str | None = None
    system: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning: Effort | None = None
    tools: tuple[ToolType, ...] = ()


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """What requests from a folder use that they do not set themselves; None leaves it as it is.

    `folder` is an absolute path without links. `key` is the label of the only keys that may be
    used, `model` an alias, `provider/model` or `provider@key/model`, `task` a preset.
    """

    folder: str
    model: str | None = None
    task: str | None = None
    key: str | None = None

    def contains(self, folder: str) -> bool:
        """Return whether `folder` is this one, or below it."""
        return folder == self.folder or folder.startswith(self.folder.rstrip("/") + "/")


Role = Literal["chat", "read", "all", "none"]
"""What a client may do: `access.rules` has the methods of each."""

REPAIR: Literal["repair"] = "repair"
"""Find out what is wrong with the configuration, and fix it; it cannot be given in a file."""


UNVERIFIED = "unverified:"
"""What precedes the name of a client that takes the name of another program."""


class ClientRights(msgspec.Struct, frozen=True, kw_only=True):
    """What a client may do. None leaves a thing open.

    `program` is the absolute path of the program that the client's name belongs to. With `confirm`
    the user is asked once per connection.
    """

    allow: tuple[Role | Literal["repair"], ...] = ("all",)
    program: str | None = None
    providers: tuple[str, ...] | None = None
    confirm: bool = False


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """Which clients may do what matters most: their names, or `confirm` to ask the user; None: all.

    `sign_in` and `sign_out` are about keys; `config` is about changes of the configuration. A
    question waits for `timeout` seconds; with `desktop` a notification asks it, too.
    """

    sign_in: tuple[str, ...] | str | None = None
    sign_out: tuple[str, ...] | str | None = None
    shutdown: tuple[str, ...] | str | None = None
    config: tuple[str, ...] | str | None = None
    timeout: float = 30.0
    desktop: bool = True


class RefusedEntry(msgspec.Struct, frozen=True):
    """An entry of an invalid file that is not used: its path, such as `providers.work`, and why.

    `problems` is not empty, and sorted by line.
    """

    path: str
    problems: tuple[Problem, ...]

    @property
    def reason(self) -> str:
        """The first problem with its file and line, and the number of the others."""
        return summary(self.problems)

    def message(self, name: str) -> str:
        """Return why a request for `name` is refused."""
        return f"{name} is refused: {self.reason}"

    def error(self, name: str) -> ConfigInvalid:
        """Return the error of a request for `name`."""
        return ConfigInvalid(
            self.message(name),
            file=self.problems[0].file,
            problems=[msgspec.to_builtins(problem) for problem in self.problems],
        )


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The entries that are refused because they are invalid, by name; true if there are any.

    A file with such entries is used only if no file was valid since the daemon started.
    """

    providers: dict[str, RefusedEntry] = {}
    models: dict[str, RefusedEntry] = {}
    catalog: dict[str, RefusedEntry] = {}
    tasks: dict[str, RefusedEntry] = {}
    default_model: RefusedEntry | None = None
    daemon: RefusedEntry | None = None
    conversations: RefusedEntry | None = None
    http: RefusedEntry | None = None

    def __bool__(self) -> bool:
        return self != NOTHING_REFUSED

    @property
    def entries(self) -> list[RefusedEntry]:
        """All of them."""
        sections = (self.default_model, self.daemon, self.conversations, self.http)
        single = [entry for entry in sections if entry is not None]
        named = (self.providers, self.models, self.catalog, self.tasks)
        return [*single, *(entry for entries in named for entry in entries.values())]

    def refusal_of(self, route: Route) -> str | None:
        """Return why a route is refused, None if it is not."""
        if entry := self.providers.get(route.provider):
            return entry.message(route.provider)
        if entry := self.catalog.get(route.name):
            return entry.message(route.name)
        return None


NOTHING_REFUSED = Refused()


NOTHING_PROTECTED = Protection()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration. `providers` is in their default order.

    `catalog` has the user's data about models, by `provider/model`, `projects` what is used in
    folders, by the names that the file has for them. Without `shared`, no limit is shared.
    `refused` is empty if the file is valid; what is refused is in none of the other fields.
    `roles_problem` is why the roles are those of an invalid file: its first problem.
    """

    default_model: str | None = None
    providers: dict[str, Provider]
    models: dict[str, Alias] = {}
    network: Network = Network()
    daemon: Daemon = Daemon()
    conversations: Conversations = Conversations()
    http: Http = Http()
    catalog: dict[str, Override] = {}
    fallback: Fallback = Fallback()
    auth: Auth = Auth()
    shared: Shared | None = None
    limits: tuple[Limit, ...] = ()
    keep_days: int | None = None
    on_failure: OnFailure = "serve"
    time_zone: str | None = None
    tasks: dict[str, Task] = {}
    projects: dict[str, Project] = {}
    clients: dict[str, ClientRights] = {}
    protect: Protection = Protection()
    roles_problem: str | None = None
    refused: Refused = NOTHING_REFUSED

    @property
    def refuses_unknown(self) -> bool:
        """Whether requests under a limit are refused while it is not known what was used."""
        return self.on_failure == "refuse"

    @property
    def has_roles(self) -> bool:
        """Whether clients differ in what they may do."""
        protect = self.protect
        actions = (protect.sign_in, protect.sign_out, protect.shutdown, protect.config)
        return bool(self.clients) or actions != (None,) * 4

    def has_entry_of(self, provider: str) -> bool:
        """Return whether a provider exists, even if it is refused."""
        return provider in self.providers or provider in self.refused.providers

    def named_providers(self) -> Iterable[Provider]:
        """Return the providers, and the built-in ones that are refused as they were built in.

        For what is known of a vendor without the user's settings, such as the names of its models.
        """
        if not self.refused.providers:
            return self.providers.values()
        built_in = builtin_providers()
        refused = (built_in[name] for name in self.refused.providers if name in built_in)
        return (*self.providers.values(), *refused)


@lru_cache(maxsize=256)
def origin_of(url: str) -> str:
    """Return scheme, lower-case host and explicit port of `url`; a socket's is all of it."""
    if url.startswith(UNIX):
        return url
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = _in_brackets((parts.hostname or "").lower())
    return f"{scheme}://{host}:{parts.port or {'https': 443, 'http': 80}.get(scheme, 0)}"


def _in_brackets(host: str) -> str:
    """Return a host as URLs have it: an address of IPv6 is in brackets."""
    return f"[{host}]" if ":" in host else host


@lru_cache(maxsize=256)
def _can_carry_key(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme.lower() == "https" or is_loopback(parts.hostname or "")


def builtin_providers() -> dict[str, Provider]:
    """Return the known vendors as providers, in their order."""
    return {
        vendor.name: Provider(
            name=vendor.name,
            kind=vendor.kind,
            base_url=vendor.base_url,
            needs_key=vendor.needs_key,
            env=vendor.env,
            default_model=vendor.default_model,
            keys_page=vendor.keys_page,
        )
        for vendor in VENDORS.values()
    }


DEFAULT_CONFIG = Config(providers=builtin_providers())
"""The configuration without a file."""
