"""Providers' own lists, in memory and on disk."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from aircherd.catalog.model_list_cache import ModelList, ModelListCache
from aircherd.config.model import Provider
from aircherd.files.atomic_file import write_data
from aircherd.vocabulary.models import Model, Prices, Rates, Tier

WORK = Provider(name="work", kind="openai", base_url="https://a.example/v1")
MODEL = Model(
    id="m",
    window=5,
    tools=False,
    prices=Prices(
        rates=Rates(input=Decimal("0.10"), output=Decimal(2)),
        tiers=(Tier(above=7, rates=Rates(input=Decimal(1), output=Decimal(2))),),
    ),
)


Make = Callable[[Path], None]


def a_book(folder: Path | None) -> ModelListCache:
    return ModelListCache(folder, write_data)


def a_list(*models: Model, provider: Provider = WORK) -> ModelList:
    return ModelList(origin=provider.origin, fetched_at=5.0, models=models)


def test_a_list_survives_a_restart(tmp_path: Path) -> None:
    """Every field of it."""
    a_book(tmp_path).put(WORK, a_list(MODEL))
    assert a_book(tmp_path).get(WORK) == a_list(MODEL)


def test_a_provider_that_moved_has_no_list(tmp_path: Path) -> None:
    """What another server has says nothing of this one; back there, it counts again."""
    book = a_book(tmp_path)
    book.put(WORK, a_list(MODEL))
    moved = msgspec.structs.replace(WORK, base_url="https://b.example/v1")
    assert (book.get(moved), a_book(tmp_path).get(moved)) == (None, None)
    assert book.get(WORK) is not None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"models": [5]}', b"\xff\xfe"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    """It is said once, and the next list replaces it."""
    (tmp_path / "list-work.json").write_bytes(content)
    book = a_book(tmp_path)
    with capture_logs() as logs:
        assert (book.get(WORK), book.get(WORK)) == (None, None)
    assert [entry["event"] for entry in logs] == ["model_list_damaged"]
    book.put(WORK, a_list(MODEL))
    assert a_book(tmp_path).get(WORK) == a_list(MODEL)


def test_a_list_that_is_not_written_yet_counts(tmp_path: Path) -> None:
    """A disk that is full, or hangs, takes no model away."""
    book, put = ModelListCache(tmp_path, lambda *file: put.append(file)), []
    book.put(WORK, a_list(MODEL))
    assert book.get(WORK) == a_list(MODEL)
    assert [path for path, _ in put] == [tmp_path / "list-work.json"]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("elsewhere")])
def test_what_is_no_file_of_ours_is_as_good_as_none(tmp_path: Path, make: Make) -> None:
    """A pipe would be waited for by everybody; a link leads to somebody else's."""
    (tmp_path / "elsewhere").write_bytes(msgspec.json.encode(a_list(MODEL)))
    make(tmp_path / "list-work.json")
    with capture_logs() as logs:
        assert a_book(tmp_path).get(WORK) is None
    assert [entry["event"] for entry in logs] == ["model_list_unreadable"]


def test_the_same_list_again_is_no_news_and_not_written(tmp_path: Path) -> None:
    """A local server is asked every few minutes; once an hour its date is put right."""
    book, file = a_book(tmp_path), tmp_path / "list-work.json"
    assert book.put(WORK, a_list(MODEL)) is True
    file.unlink()
    assert book.put(WORK, msgspec.structs.replace(a_list(MODEL), fetched_at=3000.0)) is False
    assert (file.exists(), book.get(WORK).fetched_at) == (False, 3000.0)
    assert book.put(WORK, msgspec.structs.replace(a_list(MODEL), fetched_at=7000.0)) is False
    assert file.exists()
    assert book.put(WORK, a_list()) is True


def test_without_a_folder_nothing_is_written() -> None:
    """For tests and tools."""
    book = a_book(None)
    assert book.get(WORK) is None
    book.put(WORK, a_list(MODEL))
    assert book.get(WORK) == a_list(MODEL)


def test_of_a_file_only_what_is_fit_is_taken(tmp_path: Path) -> None:
    """It may be of an earlier version, or of another hand."""
    rates = Rates(input=Decimal("1e-300000000"), output=Decimal(1))
    odd = Model(id="odd", prices=Prices(rates=rates))
    a_book(tmp_path).put(WORK, a_list(MODEL, Model(id="a\x1b[2J"), odd))
    assert a_book(tmp_path).get(WORK) == a_list(MODEL, Model(id="odd"))
