"""Clean: decide which blocks are not the article, on what evidence, and cut them in one place."""
