"""The picker of models: a full-screen list, fed by the daemon's live events.

`view` has plain functions and frozen data: what the daemon said, and the rows, groups, order and
text that follow from it, whichever library draws them. `live` talks to the daemon in threads of its
own. `screen` draws with Textual and is the only package that imports it. `plain` is the same list
without a screen: numbered lines.

From the daemon to the screen: events -> `live.feed` -> `view.daemon_view.DaemonView` ->
`view.listing.groups.build_groups` -> `screen`. From the keys to the daemon: `screen` ->
`live.actions`.
"""
