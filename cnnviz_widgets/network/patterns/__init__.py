"""What is found in a program by what it computes: attention, windows, wires."""
