"""What is done: one package a stage, data going one way, Prefect in steps.py alone."""
