"""A daemon on another machine that uses the laptop's through a real sshd, as one more provider."""

import signal

from helpers.daemon.ipc_requests import ask, attempt_outcomes
from helpers.daemon.real_daemon import wait_until

from .conftest import Machines

CONFIG = """\
[network]
connect_timeout = 2

[providers.laptop]
kind = "socket"

[providers.own]
kind = "openai"
base_url = "{url}/v1"
env = "OWN_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.code]
routes = ["laptop/work/gpt-5.5", "own/gpt-5.5"]
"""


def test_the_laptop_answers_while_it_is_there(machines: Machines, forward_sim) -> None:
    """Counted for the host; then the machine's own provider does, and the laptop's again."""
    there, socket = machines.there, machines.there.socket.with_name("laptop.sock")
    own_key = "canary-own-0123456789abcdef"
    forward_sim.keys.accept("openai", own_key)
    there.write_config(CONFIG.format(url=forward_sim.url))
    there.start({"OWN_KEY": own_key})
    process = machines.forward("--as", "laptop", is_ready=False)
    wait_until(socket.exists, "it is forwarded")
    with there.client() as client:
        answer = ask(client, model="code")
        assert (answer["provider"], answer["answered_by"]) == ("laptop", "work/gpt-5.5")
        assert machines.clients()[-1] == "aircherd@buildbox"
        listed = client.call("models.list", {"provider": "laptop"})["models"]
        assert "work/gpt-5.5" in {row["model"] for row in listed}

        process.send_signal(signal.SIGINT)
        process.wait(20)
        answer = ask(client, model="code")
        assert attempt_outcomes(answer) == [("laptop", "network"), ("own", "ok")]

        machines.forward("--as", "laptop", is_ready=False)
        wait_until(socket.exists, "it is forwarded again")
        client.call("cooldowns.clear", {})
        wait_until(lambda: ask(client, model="code")["provider"] == "laptop", "it answers again")
    there.stop()
