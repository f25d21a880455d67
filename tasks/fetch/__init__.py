"""Fetch: from sources to captures, politely and safely. The only importer of the HTTP client."""
