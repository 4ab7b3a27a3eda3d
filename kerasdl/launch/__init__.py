"""`python -m kerasdl.launch`: one script on several workers, started again from a checkpoint if one of them dies."""
