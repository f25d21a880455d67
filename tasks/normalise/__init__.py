"""Normalise: characters, spaces and words of the kept blocks, every change recorded."""
