"""What is told: the JSON document, the summary, and the redaction that both go through."""
