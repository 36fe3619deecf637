"""Asks the user on the desktop, with a notification that has buttons.

- `notifier`: one short-lived child process for each question.
- `notification_child`: the child, which speaks to the session bus.
"""
