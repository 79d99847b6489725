"""One file a group of figures; each has a `measure` that returns rows."""
