"""What a person sees of a program: its layers, their axes and their loops."""
