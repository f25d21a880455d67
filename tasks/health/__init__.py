"""Health: is each site still what it was; if not, since when, and what is probably behind it."""
