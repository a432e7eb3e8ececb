"""The parts of the page: each makes data of the document, and the templates show it. Pure."""
