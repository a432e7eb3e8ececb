"""What is seen of workloads, in words that belong to no engine."""
