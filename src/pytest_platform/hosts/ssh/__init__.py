"""Hosts over the OpenSSH client: one connection for all that a run does on a host."""
