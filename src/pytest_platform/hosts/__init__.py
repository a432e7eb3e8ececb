"""Where commands run: on this machine or over ssh."""
