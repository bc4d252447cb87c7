// Package suite runs the benchmark: it builds and starts the peers, measures
// them by turns within every round, and gathers what was found.
//
// Ratios are taken within a round, where all peers have met the same machine;
// their spread over rounds says how far to trust them. It may import
// bench/load, bench/report and the standard library.
package suite
