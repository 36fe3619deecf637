"""Warnings that a configuration keeps the command line from something."""

import pytest

from aircherd.access.shut_out import shut_out_warnings
from aircherd.config.load import parse_config

CHAT = '[clients."*"]\nallow = ["chat"]\n'
VI = '[clients.vi]\nallow = ["chat"]\n'
MINE = '[clients.aircher-cli]\nallow = ["all"]\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (CHAT + MINE, []),
        (VI, []),
        ('[protect]\nconfig = "confirm"\n', []),
        (f'[protect]\nconfig = ["vi", "aircher-cli"]\n{VI}{MINE}', []),
        (
            CHAT,
            [
                (
                    '[clients."*"] lets the command line (aircher-cli) do only: chat. For more '
                    'than that, add [clients.aircher-cli] with allow = ["all"]'
                )
            ],
        ),
        (
            f'[protect]\nconfig = ["vi"]\nsign_out = ["vi"]\n{VI}',
            [
                (
                    "with [protect] sign_out the command line (aircher-cli) may not remove keys. "
                    'If it should, add "aircher-cli" there and [clients.aircher-cli]'
                ),
                (
                    "with [protect] config the command line (aircher-cli) may not change the "
                    'configuration or tokens. If it should, add "aircher-cli" there and '
                    "[clients.aircher-cli]"
                ),
            ],
        ),
    ],
)
def test_what_the_command_line_could_no_longer_do(text: str, expected: list[str]) -> None:
    """By the section that says so, with what helps."""
    assert shut_out_warnings(parse_config(text, file="config.toml")) == expected


def test_the_advice_works() -> None:
    """Written to the letter, the warnings are gone."""
    text = f'[protect]\nconfig = ["vi", "aircher-cli"]\n[clients.aircher-cli]\n{VI}'
    assert shut_out_warnings(parse_config(text, file="config.toml")) == []
