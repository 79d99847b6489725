"""The pictures of views where no page runs: in exported notebooks, on hosting sites."""
