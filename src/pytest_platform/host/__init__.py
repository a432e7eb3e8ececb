"""Where modules run: commands, the Docker Engine, and the Compose renderer."""
