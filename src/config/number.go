package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// boolean takes every spelling that OpenWrt's functions.sh get_bool takes.
func boolean() kind[bool] {
	return kind[bool]{
		name: "boolean", allowed: "1, yes, on, true or enabled; 0, no, off, false or disabled",
		parse: parseBool,
		show: func(v bool) string {
			if v {
				return "1"
			}

			return "0"
		},
	}
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "1", "yes", "on", "true", "enabled":
		return true, nil
	case "0", "no", "off", "false", "disabled":
		return false, nil
	}

	return false, errNotAllowed
}

type integer interface{ ~int | ~int64 }

// number is a whole number within limits; what is its unit, for people.
func number[T integer](least, most T, what string) kind[T] {
	return kind[T]{
		name:    "number",
		allowed: fmt.Sprintf("a whole number from %d to %d (%s)", least, most, what),
		parse: func(s string) (T, error) {
			v, err := parseWhole(s)
			if err != nil || v < int64(least) || v > int64(most) {
				return 0, errNotAllowed
			}

			return T(v), nil
		},
		show: func(v T) string { return strconv.FormatInt(int64(v), 10) },
	}
}

// preset is a number of which 0 stands for a value of ours, which is what the
// Config then holds.
func preset[T integer](k kind[T], zero T) kind[T] {
	parse := k.parse
	k.parse = func(s string) (T, error) {
		v, err := parse(s)
		if err == nil && v == 0 {
			v = zero
		}

		return v, err
	}

	return k
}

// span is a duration written as a whole number of units.
func span(k kind[int64], unit time.Duration) kind[time.Duration] {
	return kind[time.Duration]{
		name: k.name, allowed: k.allowed,
		parse: func(s string) (time.Duration, error) {
			v, err := k.parse(s)

			return time.Duration(v) * unit, err
		},
		show: func(v time.Duration) string { return k.show(int64(v / unit)) },
	}
}

// parseWhole takes decimal digits and nothing else: no sign, no base prefix.
func parseWhole(s string) (int64, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, errNotAllowed
	}

	return strconv.ParseInt(s, 10, 64)
}
