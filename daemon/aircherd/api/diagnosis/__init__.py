"""What may be wrong with the daemon, its configuration, keys and providers: method `diagnose`.

    diagnose    collects the facts, each with a deadline, and puts the findings together
    finding     one finding: what was checked, how it is, and the cure
    keys        pure: the environment file, the keyring, the list of stored keys
    providers   pure: each provider, and the clocks
    variables   pure: variables and proxies of the daemon and of the client's shell
    state       pure: configuration, ledger, file events
    fleet       pure: the engine and the machines of a fleet

What only a client can see (the service, the socket, its own version) the client checks itself.
"""
