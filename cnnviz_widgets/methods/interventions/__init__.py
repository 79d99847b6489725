"""What changes when a part of the network is changed."""
