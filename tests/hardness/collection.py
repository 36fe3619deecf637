"""Finds the attacks: the `ATTACKS` of each module in a folder next to this one."""

import importlib
from pathlib import Path

from hardness.attack import Attack

HERE = Path(__file__).parent


def all_attacks() -> dict[str, Attack]:
    """Return name -> attack, in the order of folders and modules."""
    found: dict[str, Attack] = {}
    for file in sorted(HERE.glob("*/*.py")):
        module = importlib.import_module(f"hardness.{file.parent.name}.{file.stem}")
        for attack in module.ATTACKS:
            assert attack.name not in found, f"two attacks are named {attack.name}"
            found[attack.name] = attack
    return found
