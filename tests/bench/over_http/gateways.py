"""The gateways that speak OpenAI's API over HTTP, each started over one upstream.

A gateway that is not installed is left out, and the command that installs it is printed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from typing import NamedTuple

from against import EVENTS, Side
from builds import ROOT, build_here, check_install
from peers import (
    INSTALL_PORTKEY,
    OURS,
    PORTKEY_SERVER,
    free_port,
    is_listening,
    output,
)
from processes import HERE, Figures, cpu_us, own_environ, run

from helpers.daemon.real_daemon import Home, home

CHAT = "/v1/chat/completions"
TOKEN = "bench"
START_SECONDS = 120.0
"""LiteLLM imports for 15 seconds with a core of its own."""
LITELLM = """\
model_list:
  - model_name: m
    litellm_params:
      model: openai/m
      api_base: http://127.0.0.1:{port}/v1
      api_key: bench
litellm_settings:
  telemetry: false
"""
LITELLM_ENVIRON = {
    "LITELLM_LOG": "ERROR",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MASTER_KEY": "sk-bench-0123456789abcdef0123456789abcdef",
}
INSTALL_LITELLM = (
    "LiteLLM is left out: install it with `python -m venv DIR && DIR/bin/pip install"
    " 'litellm[proxy]'` and add `--litellm-python DIR/bin/python`"
)
INSTALL_TENSORZERO = (
    "TensorZero is left out: install it with `python -m venv DIR && DIR/bin/pip install tensorzero"
    " openai` and add `--tensorzero-python DIR/bin/python`"
)


class HttpGateway(NamedTuple):
    """A server that is running; `where` is its port or socket, `pid` whose CPU is counted."""

    name: str
    version: str
    where: str
    model: str = "m"
    path: str = CHAT
    headers: tuple[str, ...] = ()
    pid: int | None = None

    def load(self, in_flight: int, seconds: float) -> Figures:
        """Send many small requests."""
        before = cpu_us(self.pid) if self.pid else 0.0
        target = (self.where, self.path, self.model, in_flight, seconds)
        found = run("load.py", "http", *target, *self.headers)
        figures = {
            "requests/s": found["per_second"],
            "median ms": found["median_ms"],
            "p99 ms": found["p99_ms"],
        }
        if self.pid:
            figures["gateway CPU, us"] = (cpu_us(self.pid) - before) / found["requests"]
        return figures

    def stream(self, model: str, streams: int, path: str, body: dict[str, object]) -> Figures:
        """Read streams as fast as they arrive.

        Counted are the upstream's events, by their words: a gateway that translates may make one
        event of those that came together.
        """
        before = cpu_us(self.pid) if self.pid else 0.0
        sent = json.dumps({"model": model, "stream": True, **body})
        found = run("streams.py", "direct", self.where, path, streams, sent, *self.headers)
        assert found["events"] == EVENTS, found
        figures = {"events/s": EVENTS / found["seconds"]}
        if self.pid:
            figures["daemon CPU an event, us"] = (cpu_us(self.pid) - before) / EVENTS
        return figures


# ---------------------------------------------------------------- ours


@contextmanager
def open_ours(port: int) -> Iterator[list[HttpGateway]]:
    """Install and start this tree's daemon; give its private socket and its port."""
    python = build_here()
    check_install(python)
    with home(python=str(python)) as made:
        own_port = free_port()
        side = Side(OURS, python, made, more=f"[http]\nport = {own_port}\n")
        side.start(port)
        version = output(["git", "-C", str(ROOT), "describe", "--always", "--dirty"])
        socket = str(made.socket.with_name("http.sock"))
        header = f"authorization: Bearer {create_token(made)}"
        ours = HttpGateway(OURS, version, socket, "up/m", pid=side.pid)
        yield [
            ours,
            ours._replace(name="its port", where=str(own_port), headers=(header,)),
        ]


def create_token(made: Home) -> str:
    """Return a token for the port."""
    done = made.cli("token", "create", TOKEN)
    assert done.returncode == 0, done.stderr
    return next(word for word in done.stdout.split() if word.startswith("ak-air-"))


# ---------------------------------------------------------------- others


@contextmanager
def serving(name: str, command: Sequence[str], environ: dict[str, str], port: int) -> Iterator[int]:
    """Run a server until it is no longer needed; give its process id once it listens."""
    with subprocess.Popen(
        command,
        env=environ,
        cwd=HERE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not is_listening(process, port):
                assert time.monotonic() < deadline, f"{name} does not listen"
                time.sleep(0.1)
            yield process.pid
        finally:
            process.kill()


@contextmanager
def open_litellm(port: int, python: Path) -> Iterator[HttpGateway]:
    """Start LiteLLM's proxy with one worker, without a database and without telemetry."""
    script = "from importlib.metadata import version; print(version('litellm'))"
    own_port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(LITELLM.format(port=port))
        file.flush()
        command = [str(python.with_name("litellm")), "--config", file.name, "--num_workers", "1"]
        command += ["--host", "127.0.0.1", "--port", str(own_port)]
        environ = {**own_environ(), **LITELLM_ENVIRON}
        with serving("litellm", command, environ, own_port) as pid:
            version = output([str(python), "-c", script])
            headers = (f"authorization: Bearer {LITELLM_ENVIRON['LITELLM_MASTER_KEY']}",)
            yield HttpGateway("litellm", version, str(own_port), headers=headers, pid=pid)


@contextmanager
def open_portkey(port: int, server: Path) -> Iterator[HttpGateway]:
    """Start Portkey's Node.js server, without its log page."""
    own_port = free_port()
    command = ["node", str(server), "--headless", f"--port={own_port}"]
    environ = {"PATH": os.environ["PATH"], "NODE_ENV": "production"}
    with serving("portkey", command, environ, own_port) as pid:
        package = json.loads((server.parent.parent / "package.json").read_text())
        headers = (
            "x-portkey-provider: openai",
            f"x-portkey-custom-host: http://127.0.0.1:{port}/v1",
        )
        yield HttpGateway("portkey", package["version"], str(own_port), headers=headers, pid=pid)


@contextmanager
def open_tensorzero(port: int, python: Path) -> Iterator[HttpGateway]:
    """Start the HTTP gateway in TensorZero's Python package, alone in a process."""
    command = [str(python), str(HERE / "peer_tensorzero.py"), "serve", str(port)]
    with subprocess.Popen(
        command, env=own_environ(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            version, own_port, path = process.stdout.readline().split()
            yield HttpGateway(
                "tensorzero",
                version,
                own_port,
                model="tensorzero::model_name::m",
                path=f"{path}/chat/completions",
                pid=process.pid,
            )
        finally:
            process.kill()


@contextmanager
def open_gateways(options: argparse.Namespace, port: int) -> Iterator[list[HttpGateway]]:
    """Start all that are installed: ours first, then the upstream alone, then the others."""
    with ExitStack() as stack:
        gateways = stack.enter_context(open_ours(port))
        gateways.append(HttpGateway("bare", "", str(port)))
        if options.litellm_python:
            gateways.append(stack.enter_context(open_litellm(port, options.litellm_python)))
        else:
            print(INSTALL_LITELLM, file=sys.stderr)
        server = options.portkey_dir and options.portkey_dir / PORTKEY_SERVER
        if server and server.exists() and which("node"):
            gateways.append(stack.enter_context(open_portkey(port, server)))
        else:
            print(INSTALL_PORTKEY, file=sys.stderr)
        if options.tensorzero_python:
            gateways.append(stack.enter_context(open_tensorzero(port, options.tensorzero_python)))
        else:
            print(INSTALL_TENSORZERO, file=sys.stderr)
        yield gateways
