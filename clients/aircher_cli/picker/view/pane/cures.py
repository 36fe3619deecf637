"""What to do about a state in the words of the picker: its keys in the place of shell commands.

The daemon's hints and the tables of `states` name commands, for the command line and the plain
mode. In the picker, a key does most of them.
"""

import re
from collections.abc import Mapping

PHRASES = {
    "sign_in": "signs in",
    "unlock": "unlocks them",
    "test": "checks it",
    "clear_cooldowns": "ends the cooldown now",
}
"""Action of the picker -> what its key does, where that is all there is to do."""

ACTIONS = {
    "auth login": "sign_in",
    "auth logout": "sign_out",
    "auth unlock": "unlock",
    "auth test": "test",
    "auth status": "test",
    "cooldowns clear": "clear_cooldowns",
    "models refresh": "refresh",
}
"""Command -> the action of the picker that does the same for the selected provider."""

_NAMES = "|".join(ACTIONS)
_COMMAND = re.compile(
    rf"'aircher-cli (?P<quoted>{_NAMES})[^']*'"
    rf"|aircher-cli (?P<bare>{_NAMES})(?: (?!-)[^ ;,]+)?(?: --[a-z]+ [^ ;,]+)?"
)
_ONLY_STEP = re.compile("[a-z ]+(?: with|:)")


def cure_text(advice: str, keys: Mapping[str, str]) -> str:
    """Return the advice with keys instead of commands: `Ctrl-L signs in again`.

    Args:
        advice: One or several steps, with commands.
        keys: Action of the picker -> the name of its key; other commands stay as they are.
    """
    found = _COMMAND.search(advice)
    if found is None or (action := ACTIONS[found["quoted"] or found["bare"]]) not in keys:
        return advice
    before, after = advice[: found.start()].rstrip(), cure_text(advice[found.end() :], keys)
    is_only_step = _ONLY_STEP.fullmatch(before) and "then" not in before
    if is_only_step and action in PHRASES:
        again = " again" if " again" in before else ""
        return f"{keys[action]} {PHRASES[action]}{again}{after}"
    return f"{_before_key(before)}{keys[action]}{after}"


def _before_key(text: str) -> str:
    """Return what comes before a command as it reads before a key."""
    for end, other in ((" then:", " then"), (":", " with"), (" run", " press")):
        if text.endswith(end):
            text = text.removesuffix(end) + other
            break
    return f"{text} " if text else ""
