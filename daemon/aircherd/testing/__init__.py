"""What stands in for the outside world in tests, in the demo and in benchmarks.

    simulator/   the model vendors' HTTP APIs on loopback, with faults on demand; runs in this
                 process or as `python -m aircherd.testing.simulator`
    keyring.py   a key store that lives in memory

These ship with the daemon so that the demo works on a machine without any key or network, and so
that people who write clients can test them. Nothing in the daemon itself imports them.
"""
