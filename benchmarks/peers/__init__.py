"""Other libraries, each in a process and an environment of its own; they talk over pipes."""
