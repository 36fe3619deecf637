"""An editor's side of the Agent Client Protocol: JSON-RPC, a line each, with a process.

It allows what the agent asks to be allowed, and answers with files from the disk. Shapes are from
https://agentclientprotocol.com/protocol, version 1.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

Map = dict[str, object]

PATIENCE = 40
"""Seconds for a request."""


class AcpError(Exception):
    """The agent refused a request, or has ended."""


class AcpClient:
    """An agent that runs. `said` is what it wrote to the user, `strays` what is no message."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: Path) -> None:
        self.folder = folder
        self.said = ""
        self.updates: list[Map] = []
        self.strays: list[str] = []
        self._next = 0
        self.process = subprocess.Popen(
            command,
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._errors: list[str] = []
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        self._alarm = threading.Timer(PATIENCE, self._kill)
        self._alarm.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self._errors.extend(self.process.stderr)

    def _kill(self) -> None:
        """Kill it with all its children, as Zed does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    @property
    def errors(self) -> str:
        """What it wrote to standard error; complete when it has ended."""
        return "".join(self._errors)

    def close(self) -> int:
        """End the input, as an editor does that is closed; return the exit code."""
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.close()
        code = process.wait()
        self._alarm.cancel()
        self._reader.join()
        process.stdout.close()
        process.stderr.close()
        return code

    def call(self, method: str, params: Map) -> Map:
        """Send a request and return its result; what comes before that is taken."""
        self._next += 1
        self._send({"id": self._next, "method": method, "params": params})
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message = self._parsed(line)
            if message.get("id") == self._next and "method" not in message:
                if "error" in message:
                    raise AcpError(json.dumps(message["error"]))
                result = message.get("result")
                return result if isinstance(result, dict) else {}
            self._take(message)
        raise AcpError(f"it ended during {method}: {self.errors[-2000:]}")

    def _parsed(self, line: str) -> Map:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self.strays.append(line)
            return {}
        return message

    def _send(self, message: Map) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def _take(self, message: Map) -> None:
        """Note an update, and answer a request of the agent."""
        params = message.get("params")
        given = params if isinstance(params, dict) else {}
        if message.get("method") == "session/update":
            update = given["update"]
            self.updates.append(update)
            if update["sessionUpdate"] == "agent_message_chunk":
                self.said += update["content"].get("text", "")
        elif "id" in message and "method" in message:
            self._send({"id": message["id"], "result": self._answer(str(message["method"]), given)})

    def _answer(self, method: str, params: Map) -> Map:
        if method == "session/request_permission":
            options = params["options"]
            assert isinstance(options, list)
            allow = next(each for each in options if str(each["kind"]).startswith("allow"))
            return {"outcome": {"outcome": "selected", "optionId": allow["optionId"]}}
        if method == "fs/read_text_file":
            return {"content": Path(str(params["path"])).read_text()}
        if method == "fs/write_text_file":
            Path(str(params["path"])).write_text(str(params["content"]))
        return {}

    def ask(self, text: str) -> str:
        """Open a session in the folder, send a prompt, and return what was said when it is over."""
        self.call(
            "initialize",
            {
                "protocolVersion": 1,
                "clientInfo": {"name": "tests", "version": "1"},
                "clientCapabilities": {"fs": {"readTextFile": True, "writeTextFile": True}},
            },
        )
        opened = self.call("session/new", {"cwd": str(self.folder), "mcpServers": []})
        prompt = [{"type": "text", "text": text}]
        done = self.call("session/prompt", {"sessionId": opened["sessionId"], "prompt": prompt})
        assert done["stopReason"] == "end_turn", done
        return self.said
