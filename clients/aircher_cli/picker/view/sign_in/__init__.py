"""Before a sign-in: the first steps of a new user, and what is known about existing keys."""
