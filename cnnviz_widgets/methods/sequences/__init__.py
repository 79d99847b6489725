"""What holds for steps and tokens: attention, hidden states, spectrograms."""
