"""The examples in docs/routing.md are valid: configurations and commands."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from aircher_cli.registry import COMMANDS, find_command
from aircherd.config.load import parse_config
from aircherd.routing.cooldown_rules import RULES
from aircherd.vocabulary.failure import FailureClass

PAGE = (Path(__file__).parents[3] / "docs" / "routing.md").read_text()
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
TYPED = re.findall(r"(?:`|\$ )aircher-cli ([^`\n]+)", PAGE)
LINES = sorted({line.partition(">")[0].strip() for line in TYPED})


@pytest.mark.parametrize("text", BLOCKS)
def test_every_configuration_is_valid(text: str) -> None:
    """On its own."""
    parse_config(text, file="config.toml")


def test_all_configurations_together_are_valid() -> None:
    """They do not contradict each other, except for repeated entries."""
    top, *sections = BLOCKS
    seen: set[str] = set()
    parts = [part for text in sections for part in re.split(r"\n(?=\[)", text)]
    kept = [p for p in parts if p.startswith("[[") or not (p in seen or seen.add(p))]  # type: ignore[func-returns-value]
    parse_config("\n".join([top, *kept]), file="config.toml")


Failed = FailureClass

ROWS = {
    "rate limit": {Failed.RATE},
    "quota used up, account blocked": {Failed.QUOTA, Failed.ACCOUNT},
    "no permission for the model, no such model": {Failed.PERMISSION, Failed.MODEL},
    "overloaded": {Failed.OVERLOADED},
    "server error, invalid answer, answer that broke off": {
        *(Failed.SERVER, Failed.PROTOCOL, Failed.TRUNCATED),
    },
    "unreachable, timeout": {Failed.NETWORK, Failed.TIMEOUT},
    "key rejected": {Failed.AUTH},
    "invalid request": {
        *(Failed.BAD_REQUEST, Failed.REFUSED, Failed.CONTEXT, Failed.REQUEST_SIZE),
        *(Failed.POLICY, Failed.UNSUPPORTED, Failed.EMPTY),
    },
}
"""How a row of the table of cooldowns begins -> what it is about."""

SCOPES = {
    "key+model": "the key for that model",
    "key": "the key",
    "model": "the model",
    "provider": "the provider",
}
UNITS = {"s": 1, "min": 60, "h": 3600, "day": 86_400}


def _durations(cell: str) -> list[float]:
    """Return the times that a cell names, in seconds; `a day` is one."""
    found = re.findall(r"(\d+|a) (s|min|h|day)\b", cell)
    return [UNITS[unit] * (1 if count == "a" else int(count)) for count, unit in found]


def test_the_table_of_cooldowns_is_that_of_the_program() -> None:
    """What cools down and for how long, of each class of failure."""
    table = PAGE.partition("## Cooldowns")[2].partition("\n- ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert set().union(*ROWS.values()) == set(RULES)
    for row, (start, kinds) in zip(rows, ROWS.items(), strict=True):
        what, cools, how_long = row
        assert what.startswith(start)
        for rule in map(RULES.__getitem__, kinds):
            if rule.scope is not None:
                assert cools.partition(";")[0] == SCOPES[rule.scope], what
                assert _durations(how_long) == [rule.first, rule.longest], what
            else:
                assert not how_long, what


@pytest.mark.parametrize("line", LINES)
def test_every_command_is_valid(line: str) -> None:
    """The parser of the command accepts it."""
    found = find_command(shlex.split(line))
    assert found is not None, line
    name, arguments = found
    import_module(f"aircher_cli.commands.{COMMANDS[name][0]}").build_parser().parse_args(arguments)


def test_the_examples_are_found() -> None:
    """The page has the expected format."""
    assert len(BLOCKS) >= 5
    assert len(LINES) >= 10
