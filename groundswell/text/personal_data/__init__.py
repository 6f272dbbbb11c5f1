"""Where personal data stands in a text, one kind to a module; [redaction](../redaction.py) puts them together."""
