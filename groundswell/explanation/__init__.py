"""How much each word of a text counts in what a model says of it, and how far that can be believed."""
