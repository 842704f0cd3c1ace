"""Tensors: storages and views, the dispatch path, and the functions and methods made from the declarations."""
