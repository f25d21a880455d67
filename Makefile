# Two commands for everyone: `make demo` and `make test`. Both set up what they need.
