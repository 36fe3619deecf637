"""A call that could be made."""

import msgspec

from aircherd.config.model import Provider
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.models import Model


class Candidate(msgspec.Struct, frozen=True):
    """A call that could be made; `key` is the key's name, None if the provider needs none.

    `is_last_resort`: it is in a cooldown of guessed length, and all other candidates are skipped.
    """

    provider: Provider
    model: Model
    key: str | None
    is_last_resort: bool = False

    @property
    def origin(self) -> str:
        """`provider/model`, the mark on the parts of this model's replies."""
        return f"{self.provider.name}/{self.model.id}"

    def skipped(self, reason: str, message: str, until: float | None = None) -> Skipped:
        """Return the record of skipping it; `reason` is an error code, `until` a Unix time."""
        return Skipped(
            provider=self.provider.name,
            model=self.model.id,
            key=self.key,
            reason=reason,
            message=message,
            until=until,
        )


Step = Candidate | Skipped
"""One item of a plan."""
