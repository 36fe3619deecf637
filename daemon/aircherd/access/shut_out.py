"""What a configuration would keep the command line from: a warning before that is in effect.

It may be meant so. But a change that was made on the command line cannot be taken back there then.
"""

from aircherd.access.rights import decide
from aircherd.access.rules import ACTIONS, IN_WORDS
from aircherd.config.model import Config

COMMAND_LINE = "aircher-cli"


def shut_out_warnings(config: Config) -> list[str]:
    """Return a sentence for each section that keeps `aircher-cli` from something."""
    # Whether its process is the program that its own section names is not known here.
    rights = decide(config, COMMAND_LINE, lambda _: True)
    found = []
    if "all" not in rights.entry.allow:
        found.append(
            f'[clients."{rights.section}"] lets the command line ({COMMAND_LINE}) do only: '
            f"{rights.role or 'nothing'}. For more than that, add [clients.{COMMAND_LINE}] with "
            'allow = ["all"]'
        )
    for action in ACTIONS:
        allowed = getattr(config.protect, action)
        if isinstance(allowed, tuple) and COMMAND_LINE not in allowed:
            section = "" if COMMAND_LINE in config.clients else f" and [clients.{COMMAND_LINE}]"
            found.append(
                f"with [protect] {action} the command line ({COMMAND_LINE}) may not "
                f'{IN_WORDS[action]}. If it should, add "{COMMAND_LINE}" there{section}'
            )
    return found
