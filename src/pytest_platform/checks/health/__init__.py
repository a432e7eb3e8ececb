"""Health checks ask whether what runs is in the state that was declared."""
