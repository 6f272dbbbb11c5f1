"""From a file of reviews to checked, counted and split examples.

The flow: `readers` open a source row by row, `examples` turns its rows into labelled texts and counts every one in
`accounting`, `labels` fixes the ids of the labels, `splitting` and `leakage` make and check the splits.
"""
