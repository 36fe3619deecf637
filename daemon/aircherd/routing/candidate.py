"""One call that could be made."""

import msgspec

from aircherd.config.model import Provider
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.models import Model


class Candidate(msgspec.Struct, frozen=True):
    """One call that could be made; `key` is the key's name, None where none is needed.

    `is_last_resort`: it is cooling, though nobody said for how long, and everybody else failed.
    """

    provider: Provider
    model: Model
    key: str | None
    is_last_resort: bool = False

    @property
    def origin(self) -> str:
        """What parts of this model's replies are marked with: `provider/model`."""
        return f"{self.provider.name}/{self.model.id}"

    def skipped(self, reason: str, message: str, until: float | None = None) -> Skipped:
        """Return the record of passing it over; `reason` is an error code, `until` a Unix time."""
        return Skipped(
            provider=self.provider.name,
            model=self.model.id,
            key=self.key,
            reason=reason,
            message=message,
            until=until,
        )


Step = Candidate | Skipped
