package config

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteCheck prints each option's effective value and where it comes from, with
// secrets masked, and then the warnings.
func (c *Config) WriteCheck(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "OPTION\tVALUE\tSOURCE")
	for _, r := range c.rows {
		fmt.Fprintf(table, "%s\t%s\t%s\n", r.name, dash(r.value), r.source)
	}
	for _, t := range c.Tokens {
		value := t.Value.String()
		if t.Admin {
			value += " admin"
		}
		fmt.Fprintf(table, "token %s\t%s\t%s\n", t.Name, dash(value), t.From)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, warning := range c.Warnings {
		if _, err := fmt.Fprintln(w, "warning:", warning); err != nil {
			return err
		}
	}

	return nil
}

func dash(s string) string {
	if s == "" {
		return "-"
	}

	return s
}
