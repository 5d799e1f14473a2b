package config

import (
	"fmt"
	"strconv"
	"strings"
)

const maxPort = 1<<16 - 1

// PortRange is UDP ports from Min to Max, both included. Zero = none.
type PortRange struct{ Min, Max uint16 }

// IsZero tells whether there is no range.
func (r PortRange) IsZero() bool { return r == PortRange{} }

// String is "min-max", or "" for none.
func (r PortRange) String() string {
	if r.IsZero() {
		return ""
	}

	return fmt.Sprintf("%d-%d", r.Min, r.Max)
}

func portRange() kind[PortRange] {
	return kind[PortRange]{
		name: "port range", allowed: "min,max or min-max with ports from 1 to 65535, min not above max; 0 or 0,0 for none",
		parse: func(s string) (PortRange, error) {
			if s == "" || s == "0" {
				return PortRange{}, nil
			}
			lowText, highText, ok := strings.Cut(s, ",")
			if !ok {
				lowText, highText, ok = strings.Cut(s, "-")
			}
			low, lowErr := parseWhole(strings.TrimSpace(lowText))
			high, highErr := parseWhole(strings.TrimSpace(highText))
			switch {
			case !ok || lowErr != nil || highErr != nil || high > maxPort || low > high || low == 0 && high != 0:
				return PortRange{}, errNotAllowed
			}

			return PortRange{uint16(low), uint16(high)}, nil
		},
		show: PortRange.String,
	}
}

// port is one port number; 0 is allowed where that turns something off.
func port(least int) kind[int] {
	k := number(least, maxPort, "port")
	if least == 0 {
		k.allowed = "a port from 1 to " + strconv.Itoa(maxPort) + ", or 0 for off"
	}
	k.name = "port"

	return k
}
