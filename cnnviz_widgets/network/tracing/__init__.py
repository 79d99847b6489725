"""A model as a flat list of operations, and how each is replayed and differentiated."""
