"""A mail from its source to its answer: collected, read under guard, judged, recorded, answered, delivered.

And what people decide on it.
"""
