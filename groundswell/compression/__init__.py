"""Smaller and faster models from finished runs, each measured beside its source before it is kept."""
