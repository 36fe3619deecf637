"""A real daemon, a fake daemon and the command line, for tests that need one running."""
