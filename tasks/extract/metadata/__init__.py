"""Metadata: what the page says of itself, each value with its candidates and their evidence."""
