"""`aircher-cli demo`: the main job on a fresh machine, with no key and no network.

A real daemon in a home of its own, real HTTP to simulated providers on loopback, and the commands
that a person would type. The keys are made up; the user's own keyring, keys, configuration and
daemon are not touched, and the home is removed at the end, however that comes about.
"""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from shutil import get_terminal_size
from typing import BinaryIO

import trio

from aircherd.testing.simulator import Fault, Manner, Simulator, open_simulator

ALPHA_KEY = "demo-alpha-0123456789abcdef"
NEW_ALPHA_KEY = "demo-alpha-new-0123456789abcdef"
BETA_KEY = "demo-beta-0123456789abcdef"

REPLY = (
    "Sunlight has all colours in it. Air scatters blue light much more than red, "
    "so blue reaches your eyes from every side of the sky."
)

CONFIG = """\
[providers.alpha]
kind = "anthropic"
base_url = "{url}/anthropic"

[providers.beta]
kind = "openai"
base_url = "{url}/openai/v1"

[models.demo]
routes = ["alpha/claude-sonnet-5", "beta/gpt-5.5"]

[models.frugal]
routes = ["alpha/claude-sonnet-5", "beta/gpt-5.5"]
strategy = "cheapest"

[[limits]]
provider = "beta"
usd = 0.001
per = "day"

[catalog."alpha/claude-sonnet-5"]
input_price = 3
output_price = 15
max_output = 40

[catalog."beta/gpt-5.5"]
input_price = 1
output_price = 10
max_output = 40
"""
"""Three answers of beta leave no room for a fourth: each costs 0.00026 USD, and may cost 0.0004."""

ASK = 'ask -v -m {model} "Why is the sky blue?"'

READY_SECONDS = 10.0
STOP_SECONDS = 25.0
COMMAND_SECONDS = 30.0


def main() -> int:
    """Run the demo; return 0 if every step went as told, 130 after Ctrl-C."""
    code = 0
    try:
        trio.run(_demo)
    except* KeyboardInterrupt:
        print("\nThe demo was interrupted; it leaves nothing behind.")
        code = 130
    except* DemoFailed as group:
        print(f"\nThe demo failed: {_first_leaf(group)}", file=sys.stderr)
        code = 1
    return code


class DemoFailed(Exception):
    """A step did not do what it should."""


def _first_leaf(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


async def _demo() -> None:
    _say(
        "This is aircher with SIMULATED providers: a real daemon, real HTTP to two made-up "
        "providers on this machine, made-up keys. No real key is touched, nothing leaves this "
        "machine, and nothing is left behind."
    )
    manner = Manner(text=REPLY, delay=0.02)
    with _temporary_home() as environ:
        async with open_simulator(manner=manner) as providers:
            providers.keys.accept("anthropic", ALPHA_KEY)
            providers.keys.accept("openai", BETA_KEY)
            home = Path(environ["AIRCHER_HOME"])
            (home / "config.toml").write_text(CONFIG.format(url=providers.url))
            async with _daemon(environ):
                await _steps(environ, providers)
    print()
    _say(
        "That was all. With a key of your own: 'aircher-cli auth login anthropic' (or openai, "
        "gemini, openrouter), then 'aircher-cli ask \"hello\"'. With a running Ollama not even a "
        "key is needed."
    )


async def _steps(environ: Mapping[str, str], providers: Simulator) -> None:
    step = _Steps(environ)
    await _sign_in(step)
    await _refuse_a_key(step, providers)
    await _limit_a_rate(step, providers)
    await _spend_a_budget(step)
    await step(
        "The bill: what was asked and what it cost, attempt by attempt, by these made-up prices.",
        "usage",
    )


async def _sign_in(step: "_Steps") -> None:
    await step("Two providers are configured, and nobody is signed in yet.", "auth status")
    await step(
        "Sign in. The key comes from standard input, is checked live with the provider, and is "
        "then stored: only the daemon will ever see it again.",
        "auth login alpha --with-token",
        key=ALPHA_KEY,
    )
    await step("The same for the second provider.", "auth login beta --with-token", key=BETA_KEY)
    await step(
        "Ask. 'demo' is an alias: alpha first, beta if alpha cannot. The reply streams.",
        ASK.format(model="demo"),
    )


async def _refuse_a_key(step: "_Steps", providers: Simulator) -> None:
    providers.keys.revoke("anthropic", ALPHA_KEY)
    providers.keys.accept("anthropic", NEW_ALPHA_KEY)
    await step(
        "Now alpha REFUSES our key, as if it had been revoked. The same question again: the "
        "refused key falls back to beta, and you are told.",
        ASK.format(model="demo"),
    )
    await step(
        "The state afterwards: alpha's key is rejected, and says what to do. It will not be "
        "tried again before you sign in anew.",
        "auth status",
    )
    await step("So we sign in anew.", "auth login alpha --with-token", key=NEW_ALPHA_KEY)


async def _limit_a_rate(step: "_Steps", providers: Simulator) -> None:
    limited = Fault("error", error="rate_limit", vendor="anthropic", retry_after=90)
    providers.faults.add(limited)
    await step(
        "Now alpha LIMITS THE RATE: come back in 90 seconds. beta answers at once.",
        ASK.format(model="demo"),
    )
    await step(
        "'frugal' asks the cheapest first. The plan says who would be asked, what that would "
        "cost, and until when alpha is left alone.",
        "route -m frugal --tokens 10",
    )
    await step("And so it is.", ASK.format(model="frugal"))


async def _spend_a_budget(step: "_Steps") -> None:
    await step(
        "beta has a BUDGET of a tenth of a cent a day, and what is left is too little for one "
        "more answer.",
        "limits",
    )
    await step("We know that alpha is well again, and say so.", "cooldowns clear alpha")
    await step(
        "The cheapest is at its limit, so the next one answers: no budget is overspent.",
        ASK.format(model="frugal"),
    )


class _Steps:
    """Numbers the steps, shows each command, and runs it as a person would."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._number = 0

    async def __call__(self, told: str, command: str, *, key: str | None = None) -> None:
        self._number += 1
        print()
        _say(f"{self._number}. {told}")
        shown = f"aircher-cli {command}"
        print(f"   $ {f'printf %s KEY | {shown}' if key else shown}", flush=True)
        print(flush=True)
        with trio.fail_after(COMMAND_SECONDS):
            done = await trio.run_process(
                [sys.executable, "-m", "aircher_cli", *shlex.split(command)],
                stdin=(key or "").encode(),
                env=self._environ,
                check=False,
            )
        if done.returncode:
            raise DemoFailed(f"step {self._number} ended with exit code {done.returncode}")


@contextmanager
def _temporary_home() -> Iterator[dict[str, str]]:
    """Give the environment of a user who has nothing yet: a home, and no keyring to be found."""
    with tempfile.TemporaryDirectory(prefix="aircher-demo-") as name:
        root = Path(name)
        for folder in ("home", "run"):
            (root / folder).mkdir(mode=0o700)
        kept = {
            variable: os.environ[variable]
            for variable in ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "COLUMNS", "NO_COLOR")
            if variable in os.environ
        }
        yield {
            **kept,
            "HOME": name,
            "AIRCHER_HOME": str(root / "home"),
            "XDG_DATA_HOME": str(root / "data"),
            "XDG_STATE_HOME": str(root / "state"),
            "XDG_RUNTIME_DIR": str(root / "run"),
            "AIRCHER_AUTOSTART": "0",
        }


@asynccontextmanager
async def _daemon(environ: Mapping[str, str]) -> AsyncIterator[None]:
    """Run `aircherd` in the temporary home for as long as the context lasts."""
    log = Path(environ["HOME"]) / "aircherd.log"
    async with trio.open_nursery() as nursery:
        with log.open("wb") as output:
            process = await nursery.start(_run_daemon, environ, output)
        try:
            await _wait_ready(environ, process, log)
            yield
        finally:
            with trio.CancelScope(shield=True):
                process.send_signal(signal.SIGTERM)
                with trio.move_on_after(STOP_SECONDS):
                    await process.wait()
            nursery.cancel_scope.cancel()


async def _run_daemon(
    environ: Mapping[str, str],
    output: BinaryIO,
    *,
    task_status: "trio.TaskStatus[trio.Process]" = trio.TASK_STATUS_IGNORED,
) -> None:
    await trio.run_process(
        [sys.executable, "-m", "aircherd"],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=environ,
        check=False,
        task_status=task_status,
    )


async def _wait_ready(environ: Mapping[str, str], process: trio.Process, log: Path) -> None:
    sockets = trio.Path(environ["XDG_RUNTIME_DIR"]) / "aircher"
    with trio.move_on_after(READY_SECONDS):
        while process.poll() is None:
            if list(await sockets.glob("*.sock")):
                return
            await trio.sleep(0.02)
    raise DemoFailed(f"the daemon did not start:\n{await trio.Path(log).read_text()}")


def _say(text: str) -> None:
    width = min(get_terminal_size().columns, 88)
    print(textwrap.fill(text, width, subsequent_indent="   " if text[:1].isdigit() else ""))


if __name__ == "__main__":
    sys.exit(main())
