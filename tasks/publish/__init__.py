"""Publish: turn finished parts and marks into snapshots that analysts can read."""
