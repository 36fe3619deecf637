"""Where keys are stored: the OS keyring, a private file, and the index of what they hold."""
