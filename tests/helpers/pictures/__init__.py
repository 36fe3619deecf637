"""Makes pictures of the program for the documentation, from the program itself.

`terminal` runs a command in a terminal of a fixed size, `svg` draws what that terminal shows, and
`scenes` prepares a home with simulated providers for each picture.
"""
