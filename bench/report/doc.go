// Package report turns measurements into figures for people: medians, ratios
// to the reference with their spread, a table and a chart.
//
// The same measurements make the same bytes. It may import bench/load and the
// standard library.
package report
