// The definitions of Certificate and Issuer for tests/e2e/test_chart.py: nothing is built, the module's
// files are read.
module nova-extender/tests/e2e/tools/cert-manager

go 1.26.0

require github.com/cert-manager/cert-manager v1.21.2
