"""What tests look for that must not be there: keys in memory."""
