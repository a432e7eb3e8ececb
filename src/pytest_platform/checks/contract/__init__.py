"""Contract checks ask, from files only, whether what is about to be deployed is sound."""
