//go:build !linux

package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// residentBytes returns the memory of the process that is in RAM, as the client
// library finds it out on this system.
func residentBytes() (uint64, bool) {
	r := prometheus.NewRegistry()
	if r.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})) != nil {
		return 0, false
	}
	families, err := r.Gather()
	if err != nil {
		return 0, false
	}
	for _, f := range families {
		if f.GetName() == "process_resident_memory_bytes" && len(f.GetMetric()) == 1 {
			return uint64(f.GetMetric()[0].GetGauge().GetValue()), true
		}
	}
	return 0, false
}
