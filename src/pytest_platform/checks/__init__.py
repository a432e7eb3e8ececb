"""What is judged: one file per kind of check, and one registry of them all."""
