"""Providers of kind `socket`: another daemon answers, over a socket of this machine.

Its keys, limits and fallback are its own; this daemon is one of its clients. The socket is usually
one that `aircher-cli forward` made, so the daemon runs on another machine.

    links     a kept connection for each socket, opened when it is first used
    link      one connection with many calls in progress: frames out, frames in, pings
    unread    what has come for one call and was not taken yet
    call      one chat under way, as a `ChatCall`
    request   our request as a client of that daemon sends it; `circles` refuses endless ways
    reply     its deltas and its result as our events
    errors    its error codes as our classes of failures
    models    its list of models as ours
"""
