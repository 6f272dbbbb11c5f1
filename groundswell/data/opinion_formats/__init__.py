"""Gold opinions in the formats they are published in: each read into the same examples, and written from them.

`registry` names the formats; one module each says what a row of it looks like.
"""
