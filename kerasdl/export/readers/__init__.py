"""Readers that are copied beside an exported model: each needs preprocessing.json, Python and NumPy alone."""
