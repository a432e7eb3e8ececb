"""Probes of the network, against servers on loopback."""
