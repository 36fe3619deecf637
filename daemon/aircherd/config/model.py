"""The effective configuration: one frozen snapshot, swapped whole.

It has the built-in providers merged with the user's file, every value checked. A request keeps the
snapshot it started with. The form of the file itself is `config.load`'s business.
"""

import ipaddress
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple, get_args
from urllib.parse import urlsplit

import msgspec

from aircherd.vocabulary.models import ApiName
from aircherd.vocabulary.vendors import VENDORS

Strategy = Literal["priority", "cheapest", "fastest"]
"""In which order those who can serve are asked."""

Per = Literal["minute", "hour", "day", "month"]
"""A limit's span: minutes and hours roll, days and months are the calendar's in local time."""

Amount = Literal["requests", "tokens", "usd"]
AMOUNTS: tuple[Amount, ...] = get_args(Amount)
"""What a limit may count."""

MaxTokensField = Literal["max_tokens", "max_completion_tokens"]


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as it will be called.

    `base_url` has no trailing slash. `env` names the variables that may hold its key, `key_command`
    the command that prints it. `needs_key` is False for local servers. `api` is which of a vendor's
    APIs to speak, `max_tokens_field` what a server calls the limit, `num_ctx` the window (tokens)
    that a local server shall load a model with; None leaves each to the adapter. `fallback` names
    who stands in for it: providers, or `provider/model`.
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
    def origin(self) -> str:
        """Scheme, host and port: what a key is bound to, e.g. `https://api.openai.com:443`."""
        return origin_of(self.base_url)

    @property
    def can_carry_key(self) -> bool:
        """Whether a key may be sent there: over https, or over http to this machine alone."""
        return _can_carry_key(self.base_url)


class Route(msgspec.Struct, frozen=True):
    """One place that can answer: a provider and the model's name there."""

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str) -> "Route":
        """Read `provider/model`; the model's own name may hold more slashes.

        Raises:
            ValueError: there is no slash, or nothing on one side of it.
        """
        provider, slash, model = text.partition("/")
        if not (slash and provider and model):
            raise ValueError(f"{text!r} is not of the form provider/model")
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


class Alias(msgspec.Struct, frozen=True):
    """A model name of the user's own, and the routes that serve it, the first one first.

    `strategy` None is that of `[fallback]`.
    """

    name: str
    routes: tuple[Route, ...]
    strategy: Strategy | None = None


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """How providers are reached. Times are in seconds; `ca_file` is an absolute path.

    `models_dev` is where public data about models is fetched when the user asks for it.
    """

    proxy: str | None = None
    ca_file: str | None = None
    connect_timeout: float = 10.0
    first_byte_timeout: float = 120.0
    idle_timeout: float = 60.0
    request_timeout: float = 600.0
    models_dev: str = "https://models.dev/api.json"


class Fallback(msgspec.Struct, frozen=True, kw_only=True):
    """How far a request may go before it gives up.

    `max_attempts` is how many calls it may make, `max_cost_increase` how many times the price of
    its first choice another may cost; None is without end.
    """

    max_attempts: int = 4
    max_cost_increase: Decimal | None = None
    strategy: Strategy = "priority"


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says of a model, above all that the catalogue knows; None where he is silent.

    Sizes are in tokens, prices in USD per million tokens. The fields are those of `Model`.
    """

    window: int | None = None
    max_output: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    cached_price: Decimal | None = None
    cache_write_price: Decimal | None = None
    tools: bool | None = None
    images: bool | None = None
    reasoning: bool | None = None
    json_schema: bool | None = None
    sampling: bool | None = None
    api: ApiName | None = None


class LimitScope(NamedTuple):
    """Which calls a limit counts: those that agree with all that is not None.

    `key` is the label of a key; `model` its name at `provider`, which stands there too.
    """

    provider: str | None = None
    key: str | None = None
    model: str | None = None
    client: str | None = None


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How much of each amount may be used in a span of time; None is without end.

    `usd` is an exact amount of at most nine decimals. `provider` is set where `model` or `key` is.
    From the share `warn_at` of an amount on, the user is told.
    """

    per: Per
    requests: int | None = None
    tokens: int | None = None
    usd: Decimal | None = None
    provider: str | None = None
    key: str | None = None
    model: Route | None = None
    client: str | None = None
    warn_at: float = 0.8

    @property
    def scope(self) -> LimitScope:
        """Which calls it counts."""
        model = self.model.model if self.model else None
        return LimitScope(self.provider, self.key, model, self.client)

    @property
    def amounts(self) -> dict[Amount, int | Decimal]:
        """What it counts, and how much of it there may be."""
        given = {name: getattr(self, name) for name in AMOUNTS}
        return {name: most for name, most in given.items() if most is not None}


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration. `providers` is in the order in which they serve by default.

    `catalog` has what the user says of models, by `provider/model`.
    """

    default_model: str | None = None
    providers: dict[str, Provider]
    models: dict[str, Alias] = {}
    network: Network = Network()
    catalog: dict[str, Override] = {}
    fallback: Fallback = Fallback()
    limits: tuple[Limit, ...] = ()
    keep_days: int | None = None


@lru_cache(maxsize=256)
def origin_of(url: str) -> str:
    """Return scheme, lower-case host and explicit port of `url`."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}:{parts.port or {'https': 443, 'http': 80}.get(scheme, 0)}"


@lru_cache(maxsize=256)
def _can_carry_key(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme.lower() == "https" or is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine by its name or number; asks no name server."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def builtin_providers() -> dict[str, Provider]:
    """Return the vendors' rows as providers, in their order."""
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
"""What holds when there is no file."""
