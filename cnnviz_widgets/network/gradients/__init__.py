"""Rules by which operations are differentiated otherwise, or faster."""
