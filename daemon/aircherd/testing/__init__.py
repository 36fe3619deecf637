"""Replacements for the outside world in tests, the demo and benchmarks.

    simulator/   the vendors' HTTP APIs on loopback, with faults on demand; runs in this process or
                 as `python -m aircherd.testing.simulator`
    demo.py      `aircher-cli demo`
    keyring.py   a key store in memory

They ship with the daemon so that the demo works without any key or network, and so that authors of
clients can test with them. The daemon itself imports none of them.
"""
