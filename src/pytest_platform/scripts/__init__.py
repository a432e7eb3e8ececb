"""What a container's command really runs: Compose's splitting, the shell's options, its script."""
