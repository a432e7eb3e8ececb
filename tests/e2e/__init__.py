"""Tests on a real Docker Engine, with real containers."""
