"""The engines of the contract's tests: one in memory, and real ones.

`rig` has one of them, whose time can pass and whose state can be lost, whatever it is.
"""

from helpers.shared_state.rig import MemoryRig, RealRig, Rig

__all__ = ["MemoryRig", "RealRig", "Rig"]
