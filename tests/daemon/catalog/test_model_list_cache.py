"""Providers' own lists, in memory and on disk."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from aircher_wire.atomic_file import write_data
from aircherd.catalog.model_list_cache import ModelList, ModelListCache, move_old_folder
from aircherd.config.model import Provider
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


def a_cache(folder: Path | None) -> ModelListCache:
    return ModelListCache(folder, write_data)


def a_list(*models: Model, provider: Provider = WORK) -> ModelList:
    return ModelList(origin=provider.origin, fetched_at=5.0, models=models)


def test_a_list_survives_a_restart(tmp_path: Path) -> None:
    """Every field is read back."""
    a_cache(tmp_path).put(WORK, a_list(MODEL))
    assert a_cache(tmp_path).get(WORK) == a_list(MODEL)


def test_a_provider_that_moved_has_no_list(tmp_path: Path) -> None:
    """A list of another server is ignored; it is used again after moving back."""
    cache = a_cache(tmp_path)
    cache.put(WORK, a_list(MODEL))
    moved = msgspec.structs.replace(WORK, base_url="https://b.example/v1")
    assert (cache.get(moved), a_cache(tmp_path).get(moved)) == (None, None)
    assert cache.get(WORK) is not None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"models": [5]}', b"\xff\xfe"])
def test_a_damaged_file_is_ignored(tmp_path: Path, content: bytes) -> None:
    """It is logged once, and the next list replaces it."""
    (tmp_path / "list-work.json").write_bytes(content)
    cache = a_cache(tmp_path)
    with capture_logs() as logs:
        assert (cache.get(WORK), cache.get(WORK)) == (None, None)
    assert [entry["event"] for entry in logs] == ["model_list_damaged"]
    cache.put(WORK, a_list(MODEL))
    assert a_cache(tmp_path).get(WORK) == a_list(MODEL)


def test_a_list_is_used_before_it_is_written(tmp_path: Path) -> None:
    """A full or hanging disk removes no model."""
    cache, put = ModelListCache(tmp_path, lambda *file: put.append(file)), []
    cache.put(WORK, a_list(MODEL))
    assert cache.get(WORK) == a_list(MODEL)
    assert [path for path, _ in put] == [tmp_path / "list-work.json"]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("elsewhere")])
def test_a_file_of_another_type_is_ignored(tmp_path: Path, make: Make) -> None:
    """Reading a pipe would block the daemon; a link may lead to another user's file."""
    (tmp_path / "elsewhere").write_bytes(msgspec.json.encode(a_list(MODEL)))
    make(tmp_path / "list-work.json")
    with capture_logs() as logs:
        assert a_cache(tmp_path).get(WORK) is None
    assert [entry["event"] for entry in logs] == ["model_list_unreadable"]


def test_an_unchanged_list_is_not_written_again(tmp_path: Path) -> None:
    """A local server is queried every few minutes; the date on disk is updated once an hour."""
    cache, file = a_cache(tmp_path), tmp_path / "list-work.json"
    assert cache.put(WORK, a_list(MODEL)) is True
    file.unlink()
    assert cache.put(WORK, msgspec.structs.replace(a_list(MODEL), fetched_at=3000.0)) is False
    assert (file.exists(), cache.get(WORK).fetched_at) == (False, 3000.0)
    assert cache.put(WORK, msgspec.structs.replace(a_list(MODEL), fetched_at=7000.0)) is False
    assert file.exists()
    assert cache.put(WORK, a_list()) is True


def test_without_a_folder_nothing_is_written() -> None:
    """The list stays in memory."""
    cache = a_cache(None)
    assert cache.get(WORK) is None
    cache.put(WORK, a_list(MODEL))
    assert cache.get(WORK) == a_list(MODEL)


def test_models_from_a_file_are_sanitized(tmp_path: Path) -> None:
    """The file may come from an earlier version or another program."""
    rates = Rates(input=Decimal("1e-300000000"), output=Decimal(1))
    odd = Model(id="odd", prices=Prices(rates=rates))
    a_cache(tmp_path).put(WORK, a_list(MODEL, Model(id="a\x1b[2J"), odd))
    assert a_cache(tmp_path).get(WORK) == a_list(MODEL, Model(id="odd"))


# ------------------------------------------------------------- the folder of earlier versions


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "catalog"
    folder.mkdir(parents=True)
    (folder / "list-work.json").write_bytes(b"old")
    (folder / "models.dev.json").write_bytes(b"prices")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_an_old_folder_is_moved_to_the_cache(old: Path, tmp_path: Path) -> None:
    """Nothing has to be fetched again after an update."""
    new = tmp_path / "cache" / "catalog"
    before = contents(old)
    move_old_folder(old, new)
    assert contents(new) == before
    assert not old.exists()


def test_a_file_in_the_cache_is_not_replaced_by_an_old_one(old: Path, tmp_path: Path) -> None:
    """For example after an old version ran once more."""
    (tmp_path / "list-work.json").write_bytes(b"new")
    move_old_folder(old, tmp_path)
    assert (tmp_path / "list-work.json").read_bytes() == b"new"
    assert not old.exists()


@pytest.mark.parametrize("broken", ["cache", "old"])
def test_a_folder_that_cannot_be_moved_is_left(old: Path, tmp_path: Path, broken: str) -> None:
    """The lists can be fetched again, so it is a warning."""
    new = tmp_path / "file" / "catalog" if broken == "cache" else tmp_path / "new"
    (tmp_path / "file").touch()
    if broken == "old":
        (old / "folder").mkdir()
    with capture_logs() as logs:
        move_old_folder(old, new)
    assert [entry["event"] for entry in logs] == ["catalog_not_moved"]
    assert old.exists()


def test_without_an_old_folder_nothing_is_created(tmp_path: Path) -> None:
    """As after a new installation."""
    move_old_folder(tmp_path / "none", tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
