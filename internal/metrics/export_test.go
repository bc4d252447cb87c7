package metrics

import "github.com/prometheus/client_golang/prometheus"

// Gatherer gives tests the registry.
func Gatherer(m *Metrics) prometheus.Gatherer { return m.registry }
