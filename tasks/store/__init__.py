"""Where everything lies below ``data/``, and how it is written so that no crash can spoil it."""
