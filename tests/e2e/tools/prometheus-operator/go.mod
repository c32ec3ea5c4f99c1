// The definitions of ServiceMonitor and PrometheusRule for tests/e2e/test_chart_monitoring.py: nothing
// is built, the module's files are read.
module nova-extender/tests/e2e/tools/prometheus-operator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.85.0
