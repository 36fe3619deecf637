"""What one source knows of one vendor's models, and the files that hold such tables.

The shipped data and what was fetched from models.dev have one form. A file is read as bytes and
each vendor's part is decoded when it is first asked for: most users have two or three vendors.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from aircherd.catalog.known_vendors import CatalogVendor
from aircherd.catalog.sanitize import is_name, with_fit_facts
from aircherd.vocabulary.models import Model

SNAPSHOT = re.compile(r"(?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2})|-latest)$")
"""How vendors mark a dated version of a model, or the newest one."""


class TableRow(Model, frozen=True, kw_only=True, omit_defaults=True):
    """A model as the files have it; `names` are other names of the very same model."""

    names: tuple[str, ...] = ()


class Table:
    """Models by name. Dated versions are found by the name without the date.

    `prefix` is what a vendor's API may put before a name.
    """

    def __init__(self, rows: Iterable[TableRow] = (), *, prefix: str = "") -> None:
        self._prefix = prefix
        self._models: dict[str, Model] = {}
        others: dict[str, Model] = {}
        for row in rows:
            if not is_name(row.id):
                continue
            model = self._models[row.id] = _plain(row)
            others |= dict.fromkeys(row.names, model)
        self._others = {name: m for name, m in others.items() if name not in self._models}

    @property
    def ids(self) -> Iterable[str]:
        """The models' own names."""
        return self._models.keys()

    def find(self, name: str) -> Model | None:
        """Return what is known of the model of this name; its `id` may be another one's."""
        name = name.removeprefix(self._prefix)
        return self._exact(name) or self._exact(SNAPSHOT.sub("", name))

    def _exact(self, name: str) -> Model | None:
        return self._models.get(name) or self._others.get(name)

    def __len__(self) -> int:
        return len(self._models)

    def __repr__(self) -> str:
        return f"<Table of {len(self)} models>"


EMPTY = Table()


def _plain(row: TableRow) -> Model:
    """Return the model alone: what stays in memory must not be larger than need be."""
    return with_fit_facts(Model(**{name: getattr(row, name) for name in Model.__struct_fields__}))


class _File(msgspec.Struct):
    """`about` says where the data comes from, `fetched_at` is a Unix time."""

    vendors: dict[str, msgspec.Raw]
    about: dict[str, str] = {}
    fetched_at: float | None = None


_FILE = msgspec.json.Decoder(_File)
_ROWS = msgspec.json.Decoder(list[TableRow])


class TableFile:
    """The tables of one file, by our own name of the vendor."""

    def __init__(self, data: bytes) -> None:
        """Read the file's outline.

        Raises:
            ValueError: it is no such file.
        """
        file = _FILE.decode(data)
        self.about = file.about
        self.fetched_at = file.fetched_at
        self._raw = file.vendors
        self._tables: dict[str, Table] = {}

    def table(self, vendor: CatalogVendor) -> Table:
        """Return what is known of a vendor's models; nothing for one that is not in the file.

        Raises:
            ValueError: its part of the file is damaged.
        """
        name = vendor.name
        if name not in self._tables and name in self._raw:
            self._tables[name] = Table(_ROWS.decode(self._raw[name]), prefix=vendor.prefix)
        return self._tables.get(name, EMPTY)

    def __repr__(self) -> str:
        return f"<TableFile of {len(self._raw)} vendors, {len(self._tables)} of them read>"


def encode_tables(
    vendors: Mapping[str, Iterable[TableRow]],
    *,
    about: Mapping[str, str],
    fetched_at: float | None = None,
) -> bytes:
    """Return a file with `vendors`, the same bytes for the same data."""
    head: dict[str, object] = {"about": dict(about)}
    if fetched_at is not None:
        head["fetched_at"] = fetched_at
    rows = {name: sorted(vendors[name], key=lambda row: row.id) for name in sorted(vendors)}
    return msgspec.json.encode({**head, "vendors": rows}, order="deterministic")
