"""Views and actions for tests of the picker, and what runs its screens."""
