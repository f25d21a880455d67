"""Replay: stored pages under two rule books, compared line by line; nothing is published."""
