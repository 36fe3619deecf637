"""What the picker shows, as data: plain functions of what the daemon said.

`daemon_view` has what the daemon said and `states` what that means, with what to do. `listing`
decides what is in the list, `pane` writes about the selected row, and `sign_in` has the first steps
and what is known about keys. `preferences` are the user's favourites and recent models.
"""
