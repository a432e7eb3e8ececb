"""Stacks of one's own: modules started for a run alone, apart from all that is deployed."""
