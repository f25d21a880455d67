"""WARC files: written so that a crash loses nothing reported, read into captures."""
