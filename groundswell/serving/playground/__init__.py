"""The page at `/` of a service: texts and CSV files typed, pasted or chosen, asked of the models that are served.

The page is a client of `/v1` like any other: what it asks passes the same gate, limits and queue, inside the process.
"""
