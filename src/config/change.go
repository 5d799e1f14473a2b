package config

import "slices"

// Change is an option that differs between two configurations.
type Change struct {
	Name   string
	Reload bool // applied by a reload; otherwise it needs a restart
}

// Changes lists what differs from old, in the order of the table, so that a
// reload can apply what it may and name what has to wait for a restart.
func (c *Config) Changes(old *Config) []Change {
	var changes []Change
	for _, o := range Options() {
		if !o.Repeat && !o.Compat && !o.value.same(c, old) {
			changes = append(changes, Change{o.Name, o.Reload})
		}
	}
	if !slices.Equal(c.Tokens, old.Tokens) {
		changes = append(changes, Change{sectionToken, true})
	}

	return changes
}
