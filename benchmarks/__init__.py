"""Time, compiles and memory of PyTorch, torchlike and hand-written JAX on the same loops."""
