"""Dialogs over the list of models, and the screen for users who are not signed in anywhere.

- `sign_in`: reads a key, unseen, and has the daemon check and store it.
- `confirm`: asks which of several things to do, or shows a result.
- `first_run`: what to do where no provider can answer.
- `key_field`: the field that never shows what is typed.
- `choice_list`: lines to choose from, with a mark at the chosen one.
- `style`: how all dialogs look.
- `background`: calls of the daemon in threads of their own.

All get their facts as frozen data and call the daemon through `Actions`. None waits for another:
Esc leaves at once, and what was started goes on.
"""
