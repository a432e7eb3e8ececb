"""What differs between what is declared and what runs: desired, observed, compare."""
