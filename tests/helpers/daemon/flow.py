"""Requests that flow from several clients while a test does something else; all are counted."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aircher_client import Client, ClientError
from helpers.daemon.real_daemon import PATIENCE, Home, wait_until

CLIENTS = 4
TEXT = "one two three"
MESSAGES = [{"role": "user", "content": TEXT}]


class Flow:
    """Counts the requests of all clients; `errors` are the answers that were none."""

    def __init__(self, home: Home, model: str) -> None:
        self.sent = self.answered = 0
        self.errors: list[str] = []
        self._home = home
        self._model = model
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def wait_for_more(self) -> None:
        """Wait until every client has probably sent and received another request."""
        enough = self.answered + 4 * CLIENTS
        wait_until(lambda: self.answered >= enough or bool(self.errors), "requests are answered")

    def run(self, number: int) -> None:
        """Send one request after another over one connection; half of the clients stream."""
        with self._home.client() as client:
            connection = client._conversation
            while not self._stop.is_set():
                with self._lock:
                    self.sent += 1
                try:
                    text = self._ask(client, is_streamed=number % 2 == 0)
                except ClientError as error:
                    self._note(str(error))
                else:
                    self._note(None if text == TEXT else f"answer: {text}")
            if client._conversation is not connection:
                self.errors.append("the connection was lost")

    def _ask(self, client: Client, *, is_streamed: bool) -> str:
        request = {"model": self._model, "messages": MESSAGES, "stream": is_streamed}
        pieces = list[str]()
        result = client.chat(request, lambda delta: pieces.append(delta.get("text", "")))
        whole = "".join(part["text"] for part in result["message"]["content"])
        return whole if not is_streamed or "".join(pieces) == whole else "".join(pieces)

    def _note(self, error: str | None) -> None:
        with self._lock:
            if error is None:
                self.answered += 1
            else:
                self.errors.append(error)

    def stop(self) -> None:
        """Let every client finish its last request."""
        self._stop.set()


@contextmanager
def flowing(home: Home, model: str) -> Iterator[Flow]:
    """Keep requests flowing; at the end check that every one was answered."""
    flow = Flow(home, model)
    threads = [threading.Thread(target=flow.run, args=(n,), daemon=True) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        flow.wait_for_more()
        yield flow
        flow.wait_for_more()
    finally:
        flow.stop()
        for thread in threads:
            thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert flow.errors == [], flow.errors[:3]
    assert flow.answered == flow.sent
