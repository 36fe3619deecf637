"""Encoded rows of models: made once, and never older than the catalog."""

import msgspec

from aircherd.api.model_rows import EncodedModel, ModelRows, encode_pairs, model_row
from aircherd.api.wire import map_header
from aircherd.catalog.catalog import Catalog
from aircherd.config.load import parse_config
from aircherd.vocabulary.models import Model

TEXT = '[providers.p]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\nauth = "none"\n'
CATALOG = '[catalog."p/a"]\nwindow = 7\n'


def decoded(model: EncodedModel) -> dict[str, object]:
    return msgspec.msgpack.decode(b"".join(model.row(encode_pairs({"state": "ok"}), 1)))


class Rig:
    """Rows of a catalog whose configuration can be replaced."""

    def __init__(self):
        self.config = parse_config(TEXT, file="config.toml")
        self.catalog = Catalog(config=lambda: self.config)
        self.rows = ModelRows(self.catalog)

    @property
    def provider(self):
        return self.config.providers["p"]

    def store(self, *names):
        self.catalog.store_list(self.provider, [Model(id=name) for name in names], 1.0)

    async def read(self):
        return await self.rows.of(self.config, self.provider)


async def test_a_row_has_the_metadata_and_what_is_added():
    """The same as if it were encoded as a whole."""
    rig = Rig()
    rig.store("a")
    (row,) = await rig.read()
    known = rig.catalog.known(rig.provider, "a")
    assert decoded(row) == {"provider": "p", **model_row(known), "state": "ok"}
    assert (row.name, row.text) == ("a", "p/a ")


async def test_rows_are_kept_until_something_changes():
    """A new list and a new configuration are seen at once."""
    rig = Rig()
    rig.store("a")
    first = await rig.read()
    assert await rig.read() is first
    rig.store("a", "b")
    assert [row.name for row in await rig.read()] == ["a", "b"]
    rig.config = parse_config(TEXT + CATALOG, file="config.toml")
    assert decoded((await rig.read())[0])["window"] == 7


async def test_too_many_rows_are_not_kept(monkeypatch):
    """They are made for each list."""
    monkeypatch.setattr("aircherd.api.model_rows.MAX_ROWS", 1)
    rig = Rig()
    rig.store("a", "b")
    assert await rig.read() is not await rig.read()


async def test_what_changes_meanwhile_is_not_kept(monkeypatch):
    """Rows of an old list do not stay in the place of the new ones."""
    rig = Rig()
    rig.store("a")
    models = rig.catalog.models

    def changing(provider):
        yield from models(provider)
        rig.store("a", "b")

    monkeypatch.setattr(rig.catalog, "models", changing)
    assert len(await rig.read()) == 1
    monkeypatch.setattr(rig.catalog, "models", models)
    assert len(await rig.read()) == 2


def test_the_header_of_a_row_counts_all_its_pairs():
    """Also beyond the 15 of a short header."""
    for length in (1, 15, 16, 300):
        pairs = {str(n): n for n in range(length)}
        assert msgspec.msgpack.decode(map_header(length) + encode_pairs(pairs)) == pairs
