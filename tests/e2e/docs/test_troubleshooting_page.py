"""docs/guide/troubleshooting.md quotes messages as the program prints them, and has all of them."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

from aircher_wire import codes
from aircherd.providers.error_mapping.rules import MESSAGE_STARTS
from aircherd.providers.transport.tls import CERTIFICATE_PROBLEMS, HANDSHAKE_PROBLEMS
from helpers.docs_commands import DOCS
from helpers.source_messages import missing_parts

PAGE = (DOCS / "guide" / "troubleshooting.md").read_text()
HEADINGS = re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)
CODES = sorted(
    value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)
)


def test_the_headings_are_found() -> None:
    """The page has the expected format, and each heading once."""
    assert len(HEADINGS) > 60
    assert len(set(HEADINGS)) == len(HEADINGS)


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_is_a_message_of_the_program(heading: str) -> None:
    """Every part of it is in the source, so that a reader can search for it."""
    assert missing_parts(heading) == []


@pytest.mark.parametrize("code", CODES)
def test_an_error_code_has_a_section(code: str) -> None:
    """The table names it."""
    assert f"`{code}`" in PAGE.partition("## Error codes")[2]


WORDS = " ".join(PAGE.split())


@pytest.mark.parametrize("start", sorted(set(MESSAGE_STARTS.values())))
def test_a_failure_of_a_provider_has_a_section(start: str) -> None:
    """Its heading begins as the message does, whatever the vendor says after it."""
    assert re.search(rf"^### `{re.escape(start)}\b", PAGE, re.MULTILINE)


@pytest.mark.parametrize(
    "message", sorted({*CERTIFICATE_PROBLEMS.values(), *HANDSHAKE_PROBLEMS.values()})
)
def test_a_failure_of_tls_is_explained(message: str) -> None:
    """What comes before its own cure is on the page."""
    assert f"`{message.partition(';')[0]}`" in WORDS


QUOTED = [
    (page.stem, quotation)
    for page in sorted((DOCS / "sign-in").glob("*.md"))
    for cell in re.findall(
        r"^\| (`[^|]+) \|", page.read_text().partition("## What can go wrong")[2], re.MULTILINE
    )
    for quotation in re.findall(r"`([^`]+)`", cell)
]
"""Pages about signing in and the messages that their tables quote."""


@pytest.mark.parametrize(("page", "quotation"), QUOTED)
def test_a_page_about_signing_in_quotes_messages(page: str, quotation: str) -> None:
    """The program's own part of each is in the source; a vendor's follows the status."""
    assert missing_parts(re.sub(r" \(HTTP.*", "", quotation)) == [], page


PACKAGES = ("aircherd.api.diagnosis", "aircher_cli.commands.doctor")


def _modules() -> Iterator[ModuleType]:
    """Give the modules that may return findings."""
    for name in PACKAGES:
        package = import_module(name)
        for found in iter_modules(package.__path__, f"{name}."):
            yield import_module(found.name)


def _checks(module: ModuleType) -> Iterator[str]:
    """Give the names of the checks whose findings a module returns."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            name = getattr(module, first.id, None) if isinstance(first, ast.Name) else None
            name = first.value if isinstance(first, ast.Constant) else name
            if node.func.id in ("Finding", "refused") and isinstance(name, str):
                yield name


def test_every_check_of_doctor_is_listed() -> None:
    """The table has its name."""
    table = PAGE.partition("## What `doctor` checks")[2].partition("\n## ")[0]
    names = {name for module in _modules() for name in _checks(module)}
    assert len(names) > 20
    assert [name for name in sorted(names) if f"`{name}`" not in table] == []


def test_the_page_about_fleets_quotes_messages_as_they_are() -> None:
    """What a reader searches for is in the source, in words that are not split."""
    page = (DOCS / "fleet.md").read_text()
    _, _, table = page.partition("## What to do about a message")
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    messages = [message for row in rows for message in re.findall("`([^`]+)`", row)]
    assert len(messages) > 10
    assert [each for each in messages if missing_parts(each)] == []
