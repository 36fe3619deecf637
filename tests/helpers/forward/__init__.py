"""Another machine, which is this one: a real sshd, and a home of its own behind it."""
