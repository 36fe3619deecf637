"""What clients on other machines may know, by whichever door they come.

- `hidden_texts`: answers without the folders, programs and addresses of this machine.
"""
