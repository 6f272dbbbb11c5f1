"""The service: texts in over HTTP, the records of the Analyzer out.

One process speaks HTTP and holds no model; each model lives in a worker process of its own, which gets micro-batches.
"""
