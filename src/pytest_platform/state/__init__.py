"""The truth table of state, and waiting for the declared state."""
