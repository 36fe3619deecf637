"""Talks to the daemon for the picker, in threads of its own.

feed           keeps a `DaemonView` current: subscribes, fetches, reconnects
updates        an event of the daemon -> the next view, and what has to be fetched; pure
answers        a response of the daemon -> the next view; pure
schedule       what has to be fetched, and when it may be; pure
reconnect      what a lost connection means, and when to try again; pure
service_state  whether a connection would start what the user stopped
fetching       one call for each part of the view
actions        what the user does: each call on a connection of its own
outcome        what became of it, as text that is safe to show; pure
starting       starts the daemon because the user asked for it
"""
