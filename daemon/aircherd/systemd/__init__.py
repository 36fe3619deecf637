"""The service manager that started the daemon: systemd, or another that speaks its protocols.

- `manager`: `ServiceManager`, everything that the manager passed to this process.
- `notify`: one datagram per message to the manager (sd_notify).
- `reporter`: what the daemon is doing, in the manager's terms: ready, reloading, stopping; and that
  it is alive.
- `activation`: the sockets that the manager has opened for the daemon.
- `watchdog`: how often the manager must hear from the daemon.

Nothing here needs systemd or one of its libraries. The daemon imports these modules only if it was
started by such a manager.
"""
