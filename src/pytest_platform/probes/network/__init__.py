"""Connections that probes make: where they go, how they end, what a certificate says."""
