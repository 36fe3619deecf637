"""What a chat request cannot say."""


class Notes:
    """Collects what cannot be said; the first is told to people."""

    def __init__(self) -> None:
        self.unsaid: str | None = None

    def cannot(self, what: str) -> None:
        """Note something that only a provider of the same API understands."""
        if self.unsaid is None:
            self.unsaid = what
