"""Every section of the configuration has its entries in the schema."""

import re
from pathlib import Path

import pytest

from aircherd.config.json_schema.document import find_schema, json_schema
from aircherd.config.json_schema.fragments import Fragment
from aircherd.config.schema import SECTIONS
from aircherd.config.section import Section
from aircherd.config.sections import top_level

PAGE = (Path(__file__).parents[4] / "docs" / "configuration.md").read_text()


def entries_of(section: Section) -> dict[str, Fragment]:
    """Return the entries that the schema has for a section."""
    if section is top_level.SECTION:
        schema: Fragment | None = json_schema()
    else:
        name, *own = section.title.strip("[]").split(".")
        is_list = section.title.startswith("[[")
        schema = find_schema((name, *([0] if is_list else []), *(["NAME"] if own else [])))
    assert schema is not None, section.title
    properties = schema["properties"]
    assert isinstance(properties, dict)
    return properties


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_every_name_of_a_section_has_an_entry(section: Section) -> None:
    """A section that is added needs its entries in `json_schema.entries`."""
    assert set(entries_of(section)) == set(section.names)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_every_entry_is_described(section: Section) -> None:
    """Editors show the description."""
    missing = [name for name, entry in entries_of(section).items() if not entry.get("description")]
    assert missing == []


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_the_page_has_every_entry(section: Section) -> None:
    """docs/configuration.md names each in code."""
    shown = set(re.findall(r"`(\w+)\b|^\[{0,2}(\w+)\b", PAGE, re.MULTILINE))
    missing = set(section.names) - {name for pair in shown for name in pair}
    assert missing == set()


def test_the_page_has_no_other_entry() -> None:
    """Each entry in an example or in a table of the page is in the schema."""
    known = {name for section in SECTIONS for name in section.names}
    tables = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    listed = {name for row in tables for name in re.findall(r"`(\w+)`", row)}
    assert listed
    assert listed - known == set()
