"""Talks to the daemon for the picker, in threads of its own.

feed        keeps a `DaemonView` current: subscribes, fetches, reconnects
updates     an event of the daemon -> the next view, and what has to be fetched; pure
answers     a response of the daemon -> the next view; pure
schedule    what has to be fetched, and when it may be; pure
reconnect   what a lost connection means, and when to try again; pure
actions     what the user does: each call on a connection of its own, its outcome as text
"""
