"""Dedup: number each article's versions, say what changed, and name duplicates."""
