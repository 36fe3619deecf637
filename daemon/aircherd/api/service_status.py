"""The daemon's state in one line, which the service manager shows: `systemctl --user status`."""

from aircherd.api.notices import current_notices
from aircherd.api.services import Services


def service_status(services: Services) -> str:
    """Return what the daemon does, e.g. `Serving; 3 requests under way`, after its notices."""
    number = services.chat.statistics()["active"]
    requests = f"{number} request{'' if number == 1 else 's'}"
    if services.shutdown.requested.is_set():
        return f"Draining {requests}" if number else "Stopping"
    messages = [notice["message"] for notice in current_notices(services)]
    sentences = [text[:1].upper() + text[1:] for text in messages]
    return ". ".join([*sentences, f"Serving; {requests} under way"])
