"""Many activations in few dimensions: planes, neighbours, groups, atlases."""
