"""Extract: from the bytes of a page to typed text blocks, and which of them are the article."""
