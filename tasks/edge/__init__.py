"""What the edge to Prefect is made of besides the steps: what runs show, and where they run."""
