"""What models exist, and what is known of each."""
