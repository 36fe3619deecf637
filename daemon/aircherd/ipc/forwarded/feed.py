"""The events of a client on another machine: what its own machine did, and nothing of this one."""

from collections.abc import Callable

from aircherd.api.elsewhere.hidden_texts import HiddenTexts
from aircherd.events import Event, EventBus
from aircherd.ipc.event_feed import EventFeed
from aircherd.ipc.forwarded.methods import config_view, limit_event, row_view
from aircherd.ipc.outbox import Outbox
from aircherd.vocabulary.hosts import host_of


class ForwardedFeed(EventFeed):
    """Leaves out the attempts of clients on other machines than `host`."""

    def __init__(
        self, bus: EventBus, outbox: Outbox, mask: Callable[[bytes], bytes], hidden: HiddenTexts
    ) -> None:
        super().__init__(bus, outbox, mask)
        self.host = ""
        self._hidden = hidden

    def _take_event(self, event: Event) -> None:
        data = event.data
        if event.topic == "attempt" and host_of(str(data.get("client", ""))) != self.host:
            return
        if event.topic == "config":
            data = {"ok": data.get("ok", True), **_changed(data)}
        elif event.topic == "auth":
            data = row_view(data)
        elif event.topic == "usage":
            if (limit := limit_event(data, self.host)) is None:
                return
            data = limit
        found = {key: self._hidden.value(value) for key, value in data.items()}
        super()._take_event(Event(event.topic, event.seq, event.at, found))


def _changed(config: dict[str, object]) -> dict[str, object]:
    """Return whether settings changed, or that there is a problem, but not which."""
    if config.get("problem"):
        return {"problem": config_view(config)["problem"]}
    return {"changed": config["changed"]} if "changed" in config else {}
