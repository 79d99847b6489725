"""Numbers over many examples and over training: units, norms, health."""
