"""The status screen.

    screen     the lines in the order of their importance, fitted into the rows of the terminal
    providers  those in use, with what is wrong and what to do; the others in one line
    facts      the default, spend and activity, and what rarely changes
    detail     how much is shown, in steps

Everything here is plain functions of what `commands.status.record` fetched.
"""
