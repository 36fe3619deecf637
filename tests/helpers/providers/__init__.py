"""Provider requests, scripted servers and the tables of the contract suite."""
