"""The real APIs for the live suite: models, keys and the cost.

A row's key comes from the vendor's own variable. The variables `AIRCHER_LIVE_NAME_MODEL` and
`AIRCHER_LIVE_NAME_URL` change a row's model and base URL. An OpenAI-compatible server is configured
only by these and by `AIRCHER_LIVE_COMPATIBLE_KEY`.
"""

import socket
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aircherd.catalog.catalog import Catalog
from aircherd.catalog.decimal_cost import cost
from aircherd.config.model import Provider
from aircherd.providers.client import ProviderClient
from aircherd.vocabulary.builtin_providers import VENDORS
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.models import ApiName
from aircherd.vocabulary.secret import Secret
from helpers.providers.talking import ChatOutcome, Map, Talker

MAX_TOKENS = 2048
"""Of each answer, including thinking, to limit the cost."""


class Live(Struct, frozen=True, kw_only=True):
    """One API. `env` lists the variables for its key; `model` is a cheap one with all features."""

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
    """Raised if a key or an address is missing."""


class Asked(Struct, frozen=True):
    """The provider, key and model to use; without a model, the first one on its list."""

    provider: Provider
    secret: Secret | None
    model: str | None


def read_row(row: Live, environ: Mapping[str, str]) -> Asked:
    """Return a row with the settings of the environment.

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
    """Check that a server without a key is running.

    Raises:
        Missing: it does not respond.
    """
    parts = urlsplit(provider.base_url)
    try:
        socket.create_connection((parts.hostname, parts.port or 80), timeout=5).close()
    except OSError as error:
        raise Missing(f"start a server at {provider.base_url} to run this ({error})") from None


async def open_line(provider_client: ProviderClient, asked: Asked) -> "Line":
    """Return the connection to a model, with its metadata.

    Raises:
        ProviderFailed: the server does not list its models.
    """
    provider, secret = asked.provider, asked.secret
    key = ApiKey(provider.name, "live", secret, "environment", provider.origin) if secret else None
    catalog = Catalog()
    listed = await provider_client.free_calls.list_models(provider, key)
    catalog.store_list(provider, listed, 0.0)
    name = asked.model or listed[0].id
    return Line(provider, catalog.find(provider, name), key, provider_client)


class Line(Talker):
    """Sends chats to a real model and records their cost."""

    async def try_to_ask(self, *messages: str | Map, **fields: object) -> ChatOutcome:
        """Send a chat with a token limit, and record its cost."""
        answer = await super().try_to_ask(*messages, **{"max_tokens": MAX_TOKENS, **fields})
        BILL.add(self, answer)
        return answer


class Bill:
    """The cost of the suite: calls, tokens and USD by provider."""

    def __init__(self) -> None:
        self._entries: list[tuple[str, int, int, Decimal | None]] = []

    def add(self, line: Line, answer: ChatOutcome) -> None:
        """Record one chat."""
        usage = answer.usage
        tokens = (usage.input_tokens, usage.output_tokens) if usage else (0, 0)
        spent = cost(line.model.prices, usage) if answer.cost is None else Decimal(answer.cost)
        self._entries.append((line.origin, *tokens, spent))

    def lines(self) -> list[str]:
        """Return a line for each model and the total; calls without a price are marked."""
        lines = [self._line(origin) for origin in dict.fromkeys(each[0] for each in self._entries)]
        total = sum((each[3] or Decimal(0) for each in self._entries), Decimal(0))
        return [*lines, f"all together: ${total:.4f}"] if lines else []

    def _line(self, origin: str) -> str:
        mine = [each for each in self._entries if each[0] == origin]
        spent = sum((each[3] or Decimal(0) for each in mine), Decimal(0))
        unknown = sum(each[3] is None for each in mine)
        tokens = f"{sum(each[1] for each in mine)} tokens in, {sum(each[2] for each in mine)} out"
        more = f", {unknown} of unknown price" if unknown else ""
        return f"{origin}: {len(mine)} calls, {tokens}, ${spent:.4f}{more}"


BILL = Bill()
