"""Pictures that a unit looks for: what is climbed with, step by step."""
