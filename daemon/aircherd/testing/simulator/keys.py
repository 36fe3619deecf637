"""Which keys each simulated vendor accepts; changed at run time as a user would revoke a key."""

ANY_KEY = "*"
"""Accepted in a key's place: any key will do, and none as well (a server with no keys at all)."""


class AcceptedKeys:
    """The accepted keys by vendor. Ollama asks for none until it is given one to accept."""

    def __init__(self) -> None:
        self._accepted: dict[str, set[str]] = {"ollama": {ANY_KEY}}

    def __repr__(self) -> str:
        return f"<AcceptedKeys {self.counts()}>"

    def accept(self, vendor: str, *keys: str) -> None:
        """Accept these keys from now on; a first real key ends Ollama's openness."""
        accepted = self._accepted.setdefault(vendor, set())
        if vendor == "ollama" and accepted == {ANY_KEY}:
            accepted.clear()
        accepted.update(keys)

    def revoke(self, vendor: str, *keys: str) -> None:
        """Refuse these keys from now on; `ANY_KEY` or none named: every key of the vendor."""
        if not keys or ANY_KEY in keys:
            self._accepted[vendor] = set()
        else:
            self._accepted.get(vendor, set()).difference_update(keys)

    def accepts(self, vendor: str, key: str | None) -> bool:
        """Whether a request with this key is served."""
        accepted = self._accepted.get(vendor, ())
        return ANY_KEY in accepted or (key is not None and key in accepted)

    def counts(self) -> dict[str, int]:
        """How many keys each vendor accepts: figures for people, without the keys."""
        return {vendor: len(keys) for vendor, keys in self._accepted.items()}
