"""The Python client of a service: `groundswell.Client` and `groundswell.AsyncClient`.

What is said stands in calls and exchange, without a connection; engine has the HTTP library behind it.
"""
