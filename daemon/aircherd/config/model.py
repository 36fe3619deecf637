"""The effective configuration: one frozen snapshot, swapped whole.

It has the built-in providers merged with the user's file, every value checked. A request keeps the
snapshot it started with. The form of the file itself is `config.load`'s business.
"""

import ipaddress
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from aircherd.vocabulary.models import ApiName
from aircherd.vocabulary.vendors import VENDORS

MaxTokensField = Literal["max_tokens", "max_completion_tokens"]


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as it will be called.

    `base_url` has no trailing slash. `env` names the variables that may hold its key, `key_command`
    the command that prints it. `needs_key` is False for local servers. `api` is which of a vendor's
    APIs to speak, `max_tokens_field` what a server calls the limit, `num_ctx` the window (tokens)
    that a local server shall load a model with; None leaves each to the adapter.
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
    """A model name of the user's own, and the routes that serve it, the first one first."""

    name: str
    routes: tuple[Route, ...]


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """How providers are reached. Times are in seconds; `ca_file` is an absolute path."""

    proxy: str | None = None
    ca_file: str | None = None
    connect_timeout: float = 10.0
    first_byte_timeout: float = 120.0
    idle_timeout: float = 60.0
    request_timeout: float = 600.0


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration. `providers` is in the order in which they serve by default."""

    default_model: str | None = None
    providers: dict[str, Provider]
    models: dict[str, Alias] = {}
    network: Network = Network()


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
