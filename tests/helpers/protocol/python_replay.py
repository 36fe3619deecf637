"""The client's side of a transcript, with `aircher_client`."""

import time
from collections import deque
from pathlib import Path
from typing import Any

from aircher_client.connection import Connection, connect
from aircher_client.conversation import Conversation
from aircher_client.errors import ClientError, ConnectionLost, DaemonError, NoAnswer
from aircher_wire import frames
from aircher_wire.frames import Notification, Response
from helpers.protocol.transcripts import ANY, CLIENT_STEPS, Step, Transcript, difference, name_of

PATIENCE = 5.0
"""Seconds that an expectation waits."""


class Replay:
    """Runs the steps of the client, and checks what it reports. The socket is at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._talk: Conversation | None = None
        self._ids: dict[str, int] = {}
        self._answers: dict[int, Response] = {}
        self._notifications: deque[tuple[str, dict[str, Any]]] = deque()
        self._end: ClientError | None = None

    def run(self, transcript: Transcript) -> str | None:
        """Return the first difference, None if all is as expected."""
        try:
            for number, step in enumerate(transcript["steps"], start=1):
                kind = name_of(step)
                if kind in CLIENT_STEPS and (found := getattr(self, f"_{kind}")(step)):
                    return f"step {number}, {kind}: {found}"
        finally:
            if self._talk is not None:
                self._talk.connection.close()
        return None

    # ---------------------------------------------------------- what the client does

    def _connect(self, _step: Step) -> None:
        sock = connect(str(self._path), time.monotonic() + PATIENCE)
        assert sock is not None, "nothing listens"
        self._talk = Conversation(Connection(sock), "aircher-cli", on_notices=lambda _: None)
        self._end = None

    def _open(self) -> Conversation:
        if self._talk is None or self._end is not None:
            self._connect({})
        assert self._talk is not None
        return self._talk

    def _request(self, step: Step) -> None:
        talk = self._open()
        talk.send(step["request"], self._bound(step.get("params")), time.monotonic() + PATIENCE)
        self._ids[f"#{step['as']}"] = talk.msgid

    def _notify(self, step: Step) -> None:
        data = frames.encode_notification(step["notify"], self._bound(step["params"]))
        self._open().connection.send(data, time.monotonic() + PATIENCE)

    def _close(self, _step: Step) -> None:
        self._open().connection.close()

    # ---------------------------------------------------------- what it reports

    def _result(self, step: Step) -> str | None:
        answer = self._wait_for_answer(step["result"])
        if isinstance(answer, str):
            return answer
        if answer.error is not None:
            return f"an error instead: {answer.error}"
        return difference(self._bound(step["value"]), answer.result)

    def _error(self, step: Step) -> str | None:
        answer = self._wait_for_answer(step["error"])
        if isinstance(answer, str):
            return None if step["value"] == ANY and self._end is not None else answer
        return difference(self._bound(step["value"]), answer.error)

    def _notification(self, step: Step) -> str | None:
        wanted = step["notification"]
        while True:
            for place, (method, params) in enumerate(self._notifications):
                if method == wanted:
                    del self._notifications[place]
                    return difference(self._bound(step["params"]), params)
            if not self._read():
                return f"no {wanted} came"

    def _hello(self, step: Step) -> str | None:
        talk = self._open()
        while not talk.server and self._read():
            pass
        return difference(step["hello"], talk.server)

    def _closed(self, step: Step) -> str | None:
        while self._read():
            pass
        if not isinstance(self._end, ConnectionLost | DaemonError):
            return "the connection is still open"
        if "code" in step and getattr(self._end, "code", None) != step["code"]:
            return f"expected the code {step['code']}, got {self._end!r}"
        return None

    def _wait_for_answer(self, name: str) -> Response | str:
        number = self._ids[f"#{name}"]
        while number not in self._answers:
            if not self._read():
                return f"no answer to {name}: {self._end}"
        return self._answers.pop(number)

    def _read(self) -> bool:
        """Take one frame; tell whether there was one."""
        if self._end is not None:
            return False
        talk = self._open()
        try:
            frame = talk.receive(time.monotonic() + PATIENCE)
        except NoAnswer:
            return False
        except ClientError as error:
            self._end = error
            return False
        if isinstance(frame, Response):
            self._answers[frame.msgid] = frame
        elif isinstance(frame, Notification):
            talk.take_notification(frame, self._keep)
        return True

    def _keep(self, method: str, params: dict[str, Any]) -> None:
        self._notifications.append((method, params))

    def _bound(self, value: Any) -> Any:
        """Return a value with the real ids for the names of requests."""
        if isinstance(value, str):
            return self._ids.get(value, value)
        if isinstance(value, dict):
            return {key: self._bound(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._bound(each) for each in value]
        return value
