"""What may be changed: the plan, the guard, backups, the lock, and the one-shot run again."""
