"""One run: the hosts and their snapshots, the graph of modules, and who reports which fault."""
