package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// duration writes three digits.
func duration(d time.Duration) string { return nanoseconds(float64(d)) }

func nanoseconds(n float64) string {
	switch {
	case n < 1e3:
		return fmt.Sprintf("%.0f ns", n)
	case n < 1e6:
		return digits(n/1e3) + " µs"
	case n < 1e9:
		return digits(n/1e6) + " ms"
	}
	return digits(n/1e9) + " s"
}

func kilobytes(n float64) string { return fmt.Sprintf("%.1f KB", n/1024) }

func megabytes(n float64) string { return fmt.Sprintf("%.0f MB", n/(1<<20)) }

// digits writes a number with three digits, or all before the point.
func digits(n float64) string {
	switch {
	case n < 10:
		return strconv.FormatFloat(n, 'f', 2, 64)
	case n < 100:
		return strconv.FormatFloat(n, 'f', 1, 64)
	}
	return strconv.FormatFloat(n, 'f', 0, 64)
}

// thousands writes a whole number with commas.
func thousands(n float64) string { return grouped(strconv.FormatFloat(n, 'f', 0, 64)) }

// grouped writes commas into the digits of a whole number.
func grouped(digits string) string {
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, parts...), ",")
}
