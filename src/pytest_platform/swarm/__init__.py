"""Docker Swarm: services, their tasks and the nodes, asked of a manager."""
