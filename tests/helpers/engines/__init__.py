"""Real engines for tests of the shared state, and what is no engine.

`server` starts them, and stops, freezes and fills them; `proxy` stands between a daemon and an
engine, slow, silent or cut off; `talkers` listen on a port and speak something else; a `liar`
answers what no engine does.

    with valkey() as engine, redis(password="...", tls=True) as other:
        engine.url, other.url, other.ca_file
        engine.command("FLUSHALL")
"""

from helpers.engines.liar import liar
from helpers.engines.proxy import Proxy, proxy
from helpers.engines.server import Engine, redis, valkey
from helpers.engines.talkers import HTTP, SILENCE, SSH, impostor, talker

__all__ = [
    "HTTP",
    "SILENCE",
    "SSH",
    "Engine",
    "Proxy",
    "impostor",
    "liar",
    "proxy",
    "redis",
    "talker",
    "valkey",
]
