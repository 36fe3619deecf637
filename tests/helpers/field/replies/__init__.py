"""Replies in the forms of many servers, by the kind of what is odd in them."""
