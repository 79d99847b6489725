"""Which parts of the input count: gradients, class activation maps, rules, perturbation."""
