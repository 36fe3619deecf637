"""A `launchctl` that keeps the state of one agent, for tests away from macOS."""

from collections.abc import Sequence

from aircher_cli.service.launchd import Done


class FakeLaunchctl:
    """Knows whether the agent is loaded and runs; `calls` has the first words of each command."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.is_loaded = False
        self.pid = 0
        self.refuses = ""

    def __call__(self, arguments: Sequence[str]) -> Done:
        verb = arguments[0]
        self.calls.append(verb)
        if verb == self.refuses:
            return Done(5, "Bootstrap failed: 5: Input/output error\n")
        if verb == "print":
            text = f"aircher.aircherd = {{\n\tstate = running\n\tpid = {self.pid}\n}}\n"
            return Done(0, text if self.pid else "") if self.is_loaded else Done(113, "not found")
        if verb in ("bootstrap", "kickstart"):
            self.is_loaded, self.pid = True, 7
        if verb == "bootout":
            self.is_loaded, self.pid = False, 0
        if verb == "kill":
            self.pid = 0
        return Done(0, "")
