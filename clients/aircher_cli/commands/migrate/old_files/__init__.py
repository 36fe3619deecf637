"""The files of the earlier program: where they are, what form they have, what is in them."""
