package metrics

import (
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
)

// newBuildInfo exports which build runs.
func newBuildInfo(t table, engine string) prometheus.Collector {
	d := t[buildInfo]
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: d.Name, Help: d.Help}, d.labelNames())
	version, revision := build()
	vec.WithLabelValues(version, revision, runtime.Version(), engine).Set(1)
	return vec
}

// build returns the version of the module and the revision of its source,
// "unknown" where the build does not say.
func build() (version, revision string) {
	version, revision = unknown, unknown
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version, revision
	}
	if info.Main.Version != "" {
		version = info.Main.Version
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	return version, revision + dirty
}
