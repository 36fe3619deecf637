"""The real APIs, for the live suite: which model of each, whose key, and what it all costs.

A row's key comes from the vendor's own variable. Any row's model and base URL can be changed by
`AIRCHER_LIVE_NAME_MODEL` and `AIRCHER_LIVE_NAME_URL`; a server like OpenAI's has nothing but these,
and `AIRCHER_LIVE_COMPATIBLE_KEY`.
"""

import socket
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aircherd.catalog.catalog import Catalog
from aircherd.catalog.cost import cost
from aircherd.config.model import Provider
from aircherd.providers.client import ProviderClient
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.models import ApiName
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.vendors import VENDORS
from helpers.providers.talking import Map, Talker, Told

MAX_TOKENS = 2048
"""Of each answer, thinking included: what a call can cost has an end."""


class Live(Struct, frozen=True, kw_only=True):
    """One API. `env` names the variables of its key, `model` a cheap one that can do everything."""

    name: str
    kind: str
    model: str | None = None
    base_url: str | None = None
    env: tuple[str, ...] = ()
    api: ApiName | None = None
    needs_key: bool = True


def _vendor(name: str, model: str | None) -> Live:
    vendor = VENDORS[name]
    return Live(
        name=name,
        kind=vendor.kind,
        model=model,
        base_url=vendor.base_url,
        env=vendor.env,
        needs_key=vendor.needs_key,
    )


_OPENAI = replace(_vendor("openai", "gpt-5-nano"), api="chat")

ROWS = {
    row.name: row
    for row in (
        _OPENAI,
        replace(_OPENAI, name="responses", api="responses"),
        _vendor("anthropic", "claude-haiku-5-5"),
        _vendor("gemini", "gemini-3.8-flash"),
        _vendor("openrouter", "anthropic/claude-haiku-4.5"),
        _vendor("ollama", None),
        Live(
            name="compatible",
            kind="openai",
            env=("AIRCHER_LIVE_COMPATIBLE_KEY",),
            needs_key=False,
        ),
    )
}


class Missing(Exception):
    """What the user has not set, so that nothing can be asked."""


class Asked(Struct, frozen=True):
    """Whom to ask, with which key, for which model; None for the first that it lists."""

    provider: Provider
    secret: Secret | None
    model: str | None


def read_row(row: Live, environ: Mapping[str, str]) -> Asked:
    """Return what the environment makes of a row.

    Raises:
        Missing: there is no key or no address.
    """
    prefix = f"AIRCHER_LIVE_{row.name.upper()}"
    base_url = environ.get(f"{prefix}_URL") or row.base_url
    if base_url is None:
        raise Missing(f"set {prefix}_URL to run this")
    found = next((environ[name] for name in row.env if environ.get(name)), None)
    if found is None and row.needs_key:
        raise Missing(f"set {' or '.join(row.env)} to run this")
    provider = Provider(
        name=row.name,
        kind=row.kind,
        base_url=base_url.rstrip("/"),
        api=row.api,
        needs_key=found is not None,
    )
    model = environ.get(f"{prefix}_MODEL") or row.model
    return Asked(provider, Secret(found) if found else None, model)


def check_reachable(provider: Provider) -> None:
    """See whether a server that needs no key runs at all.

    Raises:
        Missing: nobody answers there.
    """
    parts = urlsplit(provider.base_url)
    try:
        socket.create_connection((parts.hostname, parts.port or 80), timeout=5).close()
    except OSError as error:
        raise Missing(f"start a server at {provider.base_url} to run this ({error})") from None


async def open_line(provider_client: ProviderClient, asked: Asked) -> "Line":
    """Return the line to a model, with what the catalogue and the provider's list say of it.

    Raises:
        ProviderFailed: the server does not tell what it has.
    """
    provider, secret = asked.provider, asked.secret
    key = ApiKey(provider.name, "live", secret, "environment", provider.origin) if secret else None
    catalog = Catalog()
    listed = await provider_client.free_calls.list_models(provider, key)
    catalog.store_list(provider, listed, 0.0)
    name = asked.model or listed[0].id
    return Line(provider, catalog.find(provider, name), key, provider_client)


class Line(Talker):
    """Talks to a real model, and writes down what it cost."""

    async def try_to_ask(self, *messages: str | Map, **fields: object) -> Told:
        """Chat with a limit, and count."""
        told = await super().try_to_ask(*messages, **{"max_tokens": MAX_TOKENS, **fields})
        BILL.add(self, told)
        return told


class Bill:
    """What the suite has spent: calls, tokens and USD by provider."""

    def __init__(self) -> None:
        self._entries: list[tuple[str, int, int, Decimal | None]] = []

    def add(self, line: Line, told: Told) -> None:
        """Write down one chat."""
        usage = told.usage
        tokens = (usage.input_tokens, usage.output_tokens) if usage else (0, 0)
        spent = cost(line.model.prices, usage) if told.cost is None else Decimal(told.cost)
        self._entries.append((line.origin, *tokens, spent))

    def lines(self) -> list[str]:
        """Return a line for each model, and the sum; a call without a price is told as such."""
        told = [self._line(origin) for origin in dict.fromkeys(each[0] for each in self._entries)]
        total = sum((each[3] or Decimal(0) for each in self._entries), Decimal(0))
        return [*told, f"all together: ${total:.4f}"] if told else []

    def _line(self, origin: str) -> str:
        mine = [each for each in self._entries if each[0] == origin]
        spent = sum((each[3] or Decimal(0) for each in mine), Decimal(0))
        unknown = sum(each[3] is None for each in mine)
        tokens = f"{sum(each[1] for each in mine)} tokens in, {sum(each[2] for each in mine)} out"
        more = f", {unknown} of unknown price" if unknown else ""
        return f"{origin}: {len(mine)} calls, {tokens}, ${spent:.4f}{more}"


BILL = Bill()
