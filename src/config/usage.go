package config

import (
	"fmt"
	"io"
	"strings"
)

// Usage prints the help text: the flags with their meaning, and the names of
// what has none.
func Usage(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`Usage: ksfu [options]

ksfu forwards WebRTC media. It runs without any option. Each source of options
outweighs the ones before it: defaults, the UCI file, .env in the working
directory, the environment, the command line.

  --config FILE
        UCI file to read instead of /etc/config/ksfu.
  --check
        Print every option's effective value and source; exit status 1 if
        anything is wrong.
  --version
        Print the version.
  --help
        Print this text.
`)
	section := ""
	for _, o := range Options() {
		if o.Compat {
			continue
		}
		if o.Section != section {
			section = o.Section
			fmt.Fprintf(&b, "\nSection %s of the UCI file:\n", section)
		}
		name := "  --" + o.Flag() + " VALUE"
		switch {
		case o.Flag() == "":
			name = "  " + o.Name + " (no flag)"
		case o.value.boolean:
			name = "  --" + o.Flag() + "[=VALUE]"
		}
		b.WriteString(name + "\n" + wrap(o.Text, "        ", 78))
		var notes []string
		if env := append(o.EnvNames(), o.FileNames()...); len(env) > 0 {
			notes = append(notes, "Environment "+strings.Join(env, ", ")+".")
		}
		if o.Default != "" {
			notes = append(notes, "Default "+o.Default+".")
		}
		if o.CloudDefault != "" {
			notes = append(notes, "In cloud mode "+o.CloudDefault+".")
		}
		if len(notes) > 0 {
			b.WriteString(wrap(strings.Join(notes, " "), "        ", 78))
		}
	}
	_, err := io.WriteString(w, b.String())

	return err
}

// wrap breaks text at white space into indented lines of at most width bytes
// where its words allow.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line) > len(indent) && len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}

	return b.String() + line + "\n"
}
