package main

import (
	"math"
	"slices"
)

// quantile gives the value below which the share q of the values lies; 0 for
// none. It sorts a copy.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Clone(values)
	slices.Sort(s)
	return s[int(math.Ceil(q*float64(len(s))))-1]
}

// median is the middle value, or the mean of the two middle ones; 0 for none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Clone(values)
	slices.Sort(s)
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}

// round cuts a figure to the digits after the point that mean something.
func round(v float64, digits int) float64 {
	f := math.Pow10(digits)
	return math.Round(v*f) / f
}
