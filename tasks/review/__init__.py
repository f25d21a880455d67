"""Review: pages on which people see what became of every block, and labels that come back."""
