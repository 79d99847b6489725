"""The parts of `GradientAscent`: its controls, its results, its files."""
