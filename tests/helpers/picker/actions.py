"""A stand-in for `picker.live.actions.Actions` with outcomes chosen by the test."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FakeOutcome:
    """As `picker.live.actions.Outcome`."""

    ok: bool
    message: str = ""
    data: object = field(default_factory=dict)


SIGNED_IN = FakeOutcome(
    True,
    "signed in",
    {"provider": "work", "state": "authenticated", "masked": "…cdef", "source": "keyring"},
)
REFUSED = FakeOutcome(False, "work refused the key: HTTP 401; nothing was stored")


class FakeActions:
    """Notes its calls in `calls`, and answers with `outcomes` in order, the last one again.

    While `gate` is not set, `sign_in` waits, as for a provider that does not answer.
    """

    def __init__(self, *outcomes: FakeOutcome) -> None:
        self.outcomes = list(outcomes) or [FakeOutcome(True)]
        self.calls: list[tuple[object, ...]] = []
        self.gate = threading.Event()
        self.gate.set()

    def _next(self, *call: object) -> FakeOutcome:
        self.calls.append(call)
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]

    def sign_in(self, provider: str, key: str, label: str | None = None) -> FakeOutcome:
        assert self.gate.wait(20)
        return self._next("sign_in", provider, key, label)

    def start_daemon(self) -> FakeOutcome:
        return self._next("start_daemon")

    def import_keys(self, variables: Mapping[str, str]) -> FakeOutcome:
        return self._next("import_keys", dict(variables))

    def refresh(self, provider: str | None = None) -> FakeOutcome:
        return FakeOutcome(True)

    def unlock(self) -> FakeOutcome:
        return self._next("unlock")

    def test(self, provider: str) -> FakeOutcome:
        return self._next("test", provider)

    def clear_cooldowns(self, provider: str) -> FakeOutcome:
        return self._next("clear_cooldowns", provider)

    def explain(self, name: str) -> FakeOutcome:
        self.calls.append(("explain", name))
        return self.outcomes[-1]

    def choose_default(self, name: str) -> FakeOutcome:
        return self._next("choose_default", name)
