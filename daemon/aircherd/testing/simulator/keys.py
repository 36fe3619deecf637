"""The keys that each simulated vendor accepts; they can change at run time."""

ANY_KEY = "*"
"""Accepting this accepts any key and requests without a key, like a server without keys."""


class AcceptedKeys:
    """The accepted keys by vendor. Ollama needs no key until one is added."""

    def __init__(self) -> None:
        self._accepted: dict[str, set[str]] = {"ollama": {ANY_KEY}}

    def __repr__(self) -> str:
        return f"<AcceptedKeys {self.counts()}>"

    def accept(self, vendor: str, *keys: str) -> None:
        """Accept these keys from now on; the first real key makes Ollama require one."""
        accepted = self._accepted.setdefault(vendor, set())
        if vendor == "ollama" and accepted == {ANY_KEY}:
            accepted.clear()
        accepted.update(keys)

    def revoke(self, vendor: str, *keys: str) -> None:
        """Refuse these keys from now on; `ANY_KEY` or no argument means all keys."""
        if not keys or ANY_KEY in keys:
            self._accepted[vendor] = set()
        else:
            self._accepted.get(vendor, set()).difference_update(keys)

    def accepts(self, vendor: str, key: str | None) -> bool:
        """Whether a request with this key is served."""
        accepted = self._accepted.get(vendor, ())
        return ANY_KEY in accepted or (key is not None and key in accepted)

    def counts(self) -> dict[str, int]:
        """Return the number of accepted keys by vendor."""
        return {vendor: len(keys) for vendor, keys in self._accepted.items()}
