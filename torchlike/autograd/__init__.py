"""Gradients: the graph, the backward pass and what users do with them."""
