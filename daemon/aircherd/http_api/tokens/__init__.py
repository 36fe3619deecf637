"""What a program on a port needs to be let in: made, kept as hashes, taken back."""
