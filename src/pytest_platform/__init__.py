"""Contract, health, smoke and drift tests for services on Docker Compose."""
