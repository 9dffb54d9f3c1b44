"""The checks behind rules.py, by what they look at, and the view of a case that they share."""
