"""Which modules a change touches: what git says, what modules are made of, and the judgement."""
