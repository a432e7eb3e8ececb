"""The Docker Engine: the client, one snapshot for each host, and what is inside containers."""
