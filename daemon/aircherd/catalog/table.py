"""Tables of one vendor's models from one source, and the file format for them.

The shipped data and the data fetched from models.dev share this format. Each vendor's part of a
file is decoded on first use: most users have two or three vendors.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from aircherd.catalog.priced_vendors import CatalogVendor
from aircherd.catalog.sanitize import drop_invalid_fields, is_name
from aircherd.vocabulary.models import Model

VERSION_SUFFIX = re.compile(r"(?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2})|-latest)$")
"""The suffix of a dated version of a model, or of the newest one."""


class TableRow(Model, frozen=True, kw_only=True, omit_defaults=True):
    """A model as stored in a file; `names` are aliases of it."""

    names: tuple[str, ...] = ()


class Table:
    """Models by name and alias. A dated version falls back to the name without the date.

    `prefix` is optional before a name.
    """

    def __init__(self, rows: Iterable[TableRow] = (), *, prefix: str = "") -> None:
        self._prefix = prefix
        self._models: dict[str, Model] = {}
        aliases: dict[str, Model] = {}
        for row in rows:
            if not is_name(row.id):
                continue
            model = self._models[row.id] = _to_model(row)
            aliases |= dict.fromkeys(row.names, model)
        self._aliases = {name: m for name, m in aliases.items() if name not in self._models}

    @property
    def ids(self) -> Iterable[str]:
        """The models' names, without aliases."""
        return self._models.keys()

    def find(self, name: str) -> Model | None:
        """Return the model called `name`, or that `name` is an alias or a version of."""
        name = name.removeprefix(self._prefix)
        return self._exact(name) or self._exact(VERSION_SUFFIX.sub("", name))

    def _exact(self, name: str) -> Model | None:
        return self._models.get(name) or self._aliases.get(name)

    def __len__(self) -> int:
        return len(self._models)

    def __repr__(self) -> str:
        return f"<Table of {len(self)} models>"


EMPTY = Table()


def _to_model(row: TableRow) -> Model:
    """Return the model without its aliases, to save memory."""
    fields = {name: getattr(row, name) for name in Model.__struct_fields__}
    return drop_invalid_fields(Model(**fields))


class _File(msgspec.Struct):
    """`about` says where the data comes from, `fetched_at` is a Unix time."""

    vendors: dict[str, msgspec.Raw]
    about: dict[str, str] = {}
    fetched_at: float | None = None


_FILE = msgspec.json.Decoder(_File)
_ROWS = msgspec.json.Decoder(list[TableRow])


class TableFile:
    """The tables of one file, by our vendor name."""

    def __init__(self, data: bytes) -> None:
        """Parse the top level of the file.

        Raises:
            ValueError: the data has another format.
        """
        file = _FILE.decode(data)
        self.about = file.about
        self.fetched_at = file.fetched_at
        self._raw = file.vendors
        self._tables: dict[str, Table] = {}

    def table(self, vendor: CatalogVendor) -> Table:
        """Return the vendor's table, an empty one if it is not in the file.

        Raises:
            ValueError: the vendor's part of the file is damaged.
        """
        name = vendor.name
        if name not in self._tables and name in self._raw:
            self._tables[name] = Table(_ROWS.decode(self._raw[name]), prefix=vendor.prefix)
        return self._tables.get(name, EMPTY)

    def __repr__(self) -> str:
        return f"<TableFile of {len(self._raw)} vendors, {len(self._tables)} of them decoded>"


def encode_tables(
    vendors: Mapping[str, Iterable[TableRow]],
    *,
    about: Mapping[str, str],
    fetched_at: float | None = None,
) -> bytes:
    """Encode a file deterministically: the same data gives the same bytes."""
    head: dict[str, object] = {"about": dict(about)}
    if fetched_at is not None:
        head["fetched_at"] = fetched_at
    rows = {name: sorted(vendors[name], key=lambda row: row.id) for name in sorted(vendors)}
    return msgspec.json.encode({**head, "vendors": rows}, order="deterministic")
