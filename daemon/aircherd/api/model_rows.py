"""The rows of `models.list`, whose metadata is encoded once for as long as it does not change.

Ten thousand models take a second to merge and encode, and a few milliseconds to list again. The
state of the keys, health and latency are added to each list, so no answer is older than they are.
"""

from collections.abc import Sequence

import msgspec

from aircherd.api.wire import Slice, encode, map_header, to_wire
from aircherd.catalog.catalog import Catalog, SourcedModel
from aircherd.catalog.decimal_cost import decimal_text
from aircherd.config.model import Config, Provider
from aircherd.vocabulary.models import Prices, Rates

MAX_ROWS = 50_000
"""Rows that are kept, of all providers: about 15 MB. Those of other lists are made each time."""

Map = dict[str, object]


class EncodedModel(msgspec.Struct, frozen=True):
    """A model whose metadata is encoded: `length` pairs of a map. `text` is what a query finds."""

    name: str
    text: str
    length: int
    pairs: bytes

    def row(self, more: bytes, length: int) -> tuple[bytes, bytes, bytes]:
        """Return the parts of the whole row, with `length` more pairs."""
        return map_header(self.length + length), self.pairs, more


class ModelRows:
    """The encoded models of each provider."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._config: Config | None = None
        self._generation = -1
        self._kept: dict[str, Sequence[EncodedModel]] = {}

    async def of(self, config: Config, provider: Provider) -> Sequence[EncodedModel]:
        """Return a provider's models. Other tasks run while they are made.

        What changes meanwhile is in the next list.
        """
        self._drop_old(config)
        found = self._kept.get(provider.name)
        if found is None:
            current, made = Slice(), list[EncodedModel]()
            for known in self._catalog.models(provider):
                made.append(_encoded(provider.name, known))
                if current.is_over:
                    await current.pause()
            found = made
            self._keep(config, provider.name, made)
        return found

    def _drop_old(self, config: Config) -> None:
        generation = self._catalog.current_generation()
        if config is not self._config or generation != self._generation:
            self._config, self._generation = config, generation
            self._kept.clear()

    def _keep(self, config: Config, name: str, made: Sequence[EncodedModel]) -> None:
        """Keep what was made, unless it is of an older generation, or too much."""
        is_current = config is self._config and (
            self._catalog.current_generation() == self._generation
        )
        if is_current and sum(map(len, self._kept.values())) + len(made) <= MAX_ROWS:
            self._kept[name] = made

    def __repr__(self) -> str:
        return f"<ModelRows of {len(self._kept)} providers>"


def _encoded(provider: str, known: SourcedModel) -> EncodedModel:
    row: Map = {"provider": provider, **model_row(known)}
    text = f"{provider}/{known.model.id} {known.model.name or ''}".lower()
    return EncodedModel(known.model.id, text, len(row), encode_pairs(row))


def encode_pairs(row: Map) -> bytes:
    """Encode the pairs of a map without its header."""
    return b"".join(part for pair in row.items() for part in map(encode, pair))


def model_row(known: SourcedModel) -> Map:
    """Return a model's metadata and its sources as a map."""
    from aircherd.catalog.non_chat_names import does_not_chat  # noqa: PLC0415 -- rarely used
    from aircherd.catalog.release_dates import date_in_name  # noqa: PLC0415 -- likewise

    row = to_wire(known.model)
    row["model"] = row.pop("id")
    # The name of a version is exact; other sources may have the date of the first version.
    if released := date_in_name(known.model.id) or known.model.released:
        row["released"] = released
    if row.pop("chats", None) is False or does_not_chat(known.model.id):
        row["chats"] = False
    if known.model.prices is not None:
        row["prices"] = _price_row(known.model.prices)
    return {**row, "source": list(known.sources)}


def _price_row(found: Prices) -> Map:
    """Return prices as decimal strings in USD per million tokens."""
    row = _rates_row(found.rates)
    if found.tiers:
        row["tiers"] = [{"above": tier.above, **_rates_row(tier.rates)} for tier in found.tiers]
    return row


def _rates_row(rates: Rates) -> Map:
    known = msgspec.structs.asdict(rates)
    return {name: decimal_text(rate) for name, rate in known.items() if rate is not None}
