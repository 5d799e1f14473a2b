package config

import (
	"errors"
	"fmt"
	"strings"
)

// What can be wrong with a configuration. Every error of Load joins Problems,
// and each of them wraps one of these.
var (
	ErrUnknown  = errors.New("no such option")
	ErrValue    = errors.New("wrong value")
	ErrConflict = errors.New("contradiction")
	ErrSecret   = errors.New("secrets are not taken from the command line")
	ErrSyntax   = errors.New("cannot be understood")
	ErrFile     = errors.New("file cannot be used")
)

// Problem is one thing that is wrong with the configuration.
type Problem struct {
	Name  string // the option as its writer named it, or the file
	Value string // as given, quoted; *** for secrets; "" where no value is at fault
	Where string // the source: "environment HTTP_PORT", "UCI /etc/config/ksfu line 7"
	Err   error  // one of the sentinels
	Hint  string // the reason, what is allowed, or what to do
}

// Error is one line: option = value (source): what is wrong: hint.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Name)
	if p.Value != "" {
		b.WriteString(" = " + p.Value)
	}
	if p.Where != "" {
		b.WriteString(" (" + p.Where + ")")
	}
	fmt.Fprintf(&b, ": %v", p.Err)
	if p.Hint != "" {
		b.WriteString(": " + p.Hint)
	}

	return b.String()
}

// Unwrap returns the sentinel.
func (p *Problem) Unwrap() error { return p.Err }
