"""What of real pictures and texts fires a unit, and how it looks from inside."""
