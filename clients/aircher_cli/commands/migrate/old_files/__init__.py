"""The files of the earlier aircher: where they are, what form they have, what is in them."""
