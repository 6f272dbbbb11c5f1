"""From gold and predicted values to metrics with intervals, and the page that a person looks at.

The flow: `classification` and `regression` hold the arithmetic of the metrics, `intervals` resamples the rows,
`metrics` puts both together under the names of `metrics.json`, `report` writes the page.
"""
