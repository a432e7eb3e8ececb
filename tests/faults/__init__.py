"""What goes wrong, as a table: each row is met by a real run, and leaves nothing behind."""
