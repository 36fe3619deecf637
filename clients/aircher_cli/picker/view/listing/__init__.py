"""What is in the list: `groups` decides, from the facts, the filter and the order of models."""
