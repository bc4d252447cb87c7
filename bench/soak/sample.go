package soak

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parlance-dev/parlance/bench/load"
)

// Sample is how the server stands at a moment.
type Sample struct {
	At         time.Duration // since the traffic began
	RSS        int64         // bytes
	Goroutines int
	Files      int           // open descriptors
	CPU        time.Duration // so far
}

// String is a line of progress.
func (s Sample) String() string {
	return fmt.Sprintf("%7s  RSS %6.1f MiB  goroutines %5d  files %5d  CPU %s",
		s.At.Round(time.Second), float64(s.RSS)/(1<<20), s.Goroutines, s.Files, s.CPU.Round(10*time.Millisecond))
}

// watch takes samples until ctx ends.
func (r *run) watch(ctx context.Context) ([]Sample, error) {
	var samples []Sample
	begun := time.Now()
	tick := time.NewTicker(r.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return samples, nil
		case <-tick.C:
		}
		s, err := r.server.sample()
		if err != nil {
			return samples, fmt.Errorf("sample the server: %w", err)
		}
		s.At = time.Since(begun)
		samples = append(samples, s)
		if _, err := fmt.Fprintf(r.Progress, "%s  unexpected %d\n", s, r.total.Load()); err != nil {
			return samples, err
		}
	}
}

// sample reads what the operating system and the server itself say.
func (s *server) sample() (Sample, error) {
	usage, err := load.ReadUsage(s.cmd.Process.Pid)
	if err != nil {
		return Sample{}, err
	}
	files, err := os.ReadDir("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/fd")
	if err != nil {
		return Sample{}, err
	}
	goroutines, err := s.gauge("go_goroutines")
	if err != nil {
		return Sample{}, err
	}
	return Sample{RSS: usage.RSS, CPU: usage.CPU, Files: len(files), Goroutines: int(goroutines)}, nil
}

// gauge reads a metric without labels.
func (s *server) gauge(name string) (float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, errors.Join(fmt.Errorf("no metric %s", name), lines.Err())
}

// growth compares the last third of the samples with the third before it: what a
// server needs has been allocated by then.
func growth(samples []Sample) []string {
	third := len(samples) / 3
	if third == 0 {
		return nil
	}
	before, after := samples[third:2*third], samples[2*third:]
	var grown []string
	for _, g := range []struct {
		what  string
		of    func(Sample) float64
		slack float64 // beside a tenth
	}{
		{"resident memory", func(s Sample) float64 { return float64(s.RSS) }, 4 << 20},
		{"goroutines", func(s Sample) float64 { return float64(s.Goroutines) }, 20},
		{"open files", func(s Sample) float64 { return float64(s.Files) }, 20},
	} {
		was, is := median(before, g.of), median(after, g.of)
		if is > was*1.1+g.slack {
			grown = append(grown, fmt.Sprintf("%s grew from %.0f to %.0f", g.what, was, is))
		}
	}
	return grown
}

func median(samples []Sample, of func(Sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
