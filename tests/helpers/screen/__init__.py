"""Programs that draw on a terminal, for tests that look at the screen."""
