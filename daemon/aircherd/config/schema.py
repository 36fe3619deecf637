"""All sections of the file, and what to report about a name that a section does not have."""

from functools import partial

from aircherd.config.problems import BadValue, did_you_mean
from aircherd.config.secret_detection import (
    contains_key,
    could_be_key,
    is_key_name,
    key_message,
)
from aircherd.config.section import Section
from aircherd.config.sections import (
    auth,
    catalog,
    clients,
    conversations,
    daemon,
    fallback,
    http,
    limits,
    models,
    network,
    projects,
    providers,
    tasks,
    top_level,
    usage,
)
from aircherd.config.sections.shared import section as shared

SECTIONS = (
    top_level.SECTION,
    providers.SECTION,
    models.SECTION,
    usage.SECTION,
    fallback.SECTION,
    limits.SECTION,
    shared.SECTION,
    network.SECTION,
    daemon.SECTION,
    conversations.SECTION,
    http.SECTION,
    catalog.SECTION,
    tasks.SECTION,
    projects.SECTION,
    auth.SECTION,
    clients.SECTION,
    clients.PROTECT,
)


def explain_unknown(section: Section, name: str, value: object, provider: str | None) -> BadValue:
    """Return the problem of an unknown name, and what was probably meant. There are three cases."""
    # 1. It is or contains a key. (A number in a limit is not one: `token = 1000` is misspelt.)
    is_number = section is limits.SECTION and isinstance(value, int | float)
    if (is_key_name(name) and not is_number) or could_be_key(name) or contains_key(value):
        return BadValue(key_message(provider))
    # 2. It belongs to another section: TOML assigns an entry to the last [section] before it.
    owner = _owner_of(name, value)
    if owner is not None:
        return BadValue(f"is unknown {_within(section)}", f"it belongs {_under(owner)}")
    # 3. It is misspelt or made up.
    return BadValue(f"is unknown {_within(section)}", partial(did_you_mean, name, section.names))


def _owner_of(name: str, value: object) -> Section | None:
    """Return the section that has this name; a limit's entry is never a `[section]` itself."""
    owners = (section for section in SECTIONS if name in section.names)
    return next((s for s in owners if not (s is limits.SECTION and isinstance(value, dict))), None)


def _within(section: Section) -> str:
    return f"at {section.title}" if section is top_level.SECTION else f"in {section.title}"


def _under(section: Section) -> str:
    if section is top_level.SECTION:
        return "at the top, before the first [section]"
    return f"under {section.title}"
