"""Language models that count: how likely a word is after the few words before it."""
