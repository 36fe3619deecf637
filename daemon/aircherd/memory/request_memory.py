"""What one request holds of its client's share: its prompt, and the reply that is being read."""

from aircherd.memory.budget import MemoryBudget, MemoryShare


class RequestMemory:
    """Counts the bytes of one request, so that all of them are given back at its end."""

    __slots__ = ("_share", "size")

    def __init__(self, share: MemoryShare) -> None:
        self._share = share
        self.size = 0

    def grow(self, size: int) -> None:
        """Take `size` bytes more.

        Raises:
            Busy: that would be more than the client's share.
        """
        self._share.take(size)
        self.size += size

    def adopt(self, size: int) -> None:
        """Take over `size` bytes that the client's share has counted already."""
        self.size += size

    def shrink(self, size: int) -> None:
        """Give `size` bytes back."""
        self._share.give_back(size)
        self.size -= size

    def release(self) -> None:
        """Give everything back."""
        self._share.give_back(self.size)
        self.size = 0

    def __repr__(self) -> str:
        return f"<RequestMemory {self.size} bytes>"


def uncounted() -> RequestMemory:
    """Return the memory of a request that no client made, and that nothing limits."""
    return RequestMemory(MemoryBudget(2**62).open_share())
