"""The load generator of TensorZero's Rust core, which runs inside this process.

    python peer_tensorzero.py async PORT IN_FLIGHT SECONDS
    python peer_tensorzero.py threads PORT IN_FLIGHT SECONDS
    python peer_tensorzero.py serve PORT

use its asynchronous or its blocking client, or serve its HTTP API, which the package has too, until
the process is killed: that prints its version, its port and its path. PORT is the upstream's.
`python` needs the `tensorzero` package, and `openai` to serve. Prints the report of a
`processes.Run` as one JSON line; its CPU is that of gateway and client together, which share the
process. For speed, the configuration stores nothing, logs nothing and reports no usage.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from processes import MESSAGES, Run

CONFIG = """\
[gateway]
disable_pseudonymous_usage_analytics = true
observability.enabled = false

[models.m]
routing = ["up"]

[models.m.providers.up]
type = "openai"
model_name = "m"
api_base = "http://127.0.0.1:{port}/v1"
api_key_location = "env::BENCH_KEY"
"""
REQUEST = {"model_name": "m", "input": {"messages": MESSAGES}}
ENVIRON = {"BENCH_KEY": "bench-key-0123456789", "RUST_LOG": "off", "NO_PROXY": "127.0.0.1"}


async def run_tasks(config_file: str, in_flight: int, seconds: float) -> Run:
    """Keep `in_flight` requests going, each awaited by a task of its own."""
    from tensorzero import AsyncTensorZeroGateway  # noqa: PLC0415 - it reads the environment

    async with await AsyncTensorZeroGateway.build_embedded(config_file=config_file) as gateway:
        run = Run(seconds)

        async def send_requests() -> None:
            going = True
            while going:
                sent = time.perf_counter()
                assert (await gateway.inference(**REQUEST)).content
                going = run.note(sent)

        await asyncio.gather(*(send_requests() for _ in range(in_flight)))
        return run


def run_threads(config_file: str, in_flight: int, seconds: float) -> Run:
    """Keep `in_flight` requests going, each in a thread of its own."""
    from tensorzero import TensorZeroGateway  # noqa: PLC0415 - it reads the environment

    with TensorZeroGateway.build_embedded(config_file=config_file) as gateway:
        run = Run(seconds)

        def send_requests() -> None:
            going = True
            while going:
                sent = time.perf_counter()
                assert gateway.inference(**REQUEST).content
                going = run.note(sent)

        with ThreadPoolExecutor(in_flight) as pool:
            for ended in [pool.submit(send_requests) for _ in range(in_flight)]:
                ended.result()
        return run


def serve(config_file: str) -> None:
    """Serve OpenAI's API over HTTP until killed."""
    from openai import OpenAI  # noqa: PLC0415 - only here
    from tensorzero import patch_openai_client  # noqa: PLC0415 - it reads the environment

    client = patch_openai_client(
        OpenAI(api_key="bench"), config_file=config_file, async_setup=False
    )
    url = client.base_url
    print(version("tensorzero"), url.port, url.path.rstrip("/"), flush=True)
    signal.pause()


def main() -> None:
    """Run one of the three."""
    how, port, *load = sys.argv[1:]
    os.environ.update(ENVIRON)
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(CONFIG.format(port=port))
        file.flush()
        if how == "serve":
            serve(file.name)
        in_flight, seconds = load
        arguments = (file.name, int(in_flight), float(seconds))
        run = asyncio.run(run_tasks(*arguments)) if how == "async" else run_threads(*arguments)
    print(json.dumps(run.report()))


if __name__ == "__main__":
    main()
