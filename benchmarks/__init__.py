"""What is measured, against which peer, with the last figures in `results.json`."""
