"""Differential testing: random programs run under PyTorch and under torchlike, statement by statement."""
