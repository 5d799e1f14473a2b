package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/digineo/go-uci"
)

const (
	defaultUCI = "/etc/config/ksfu"
	maxFile    = 256 << 10 // bytes; far above any configuration written by people
)

// uci reads the UCI file: the one named, which must exist, or the default one if
// it does.
func (l *loader) uci(named string) {
	path, shown := named, named
	if named == "" {
		path, shown = filepath.Join(l.root, defaultUCI), defaultUCI
		if _, err := os.Stat(path); os.IsNotExist(err) {
			return
		}
	} else if !filepath.IsAbs(path) {
		path = filepath.Join(l.dir, path)
	}
	source := "UCI " + shown
	src, err := readLimited(path, maxFile)
	if err != nil {
		l.fail(&Problem{Name: shown, Where: "UCI", Err: ErrFile, Hint: why(err)})

		return
	}
	l.cfg.File = shown
	o := readOutline(string(src))
	for _, p := range o.problems {
		l.fail(&Problem{Name: "line", Where: fmt.Sprintf("%s line %d", source, p.line), Err: ErrSyntax, Hint: p.what})
	}
	if len(o.problems) > 0 {
		return // go-uci would stop at the first of them; the lines are named already
	}
	read, err := uciReader(path)
	if err != nil {
		// go-uci's message quotes what it stumbled over, which may be a secret.
		l.fail(&Problem{Name: shown, Where: "UCI", Err: ErrSyntax, Hint: "it is not a UCI file"})

		return
	}
	for _, s := range o.sections {
		l.uciSection(s, source, read)
	}
}

// uciReader returns the values of an option by go-uci.
func uciReader(path string) (func(section, option string) []string, error) {
	tree, name := uci.NewTree(filepath.Dir(path)), filepath.Base(path)
	if err := tree.LoadConfig(name, true); err != nil {
		return nil, err
	}

	return func(section, option string) []string {
		values, _ := tree.Get(name, section, option)

		return values
	}, nil
}

func (l *loader) uciSection(s *outlineSection, source string, read func(section, option string) []string) {
	var rows []*Option
	var types []string
	for i := range l.options {
		o := &l.options[i]
		if o.Section == s.typ {
			rows = append(rows, o)
		}
		if o.Section != "" && !slices.Contains(types, o.Section) {
			types = append(types, o.Section)
		}
	}
	at := func(line int) string { return fmt.Sprintf("%s line %d", source, line) }
	switch {
	case len(rows) == 0:
		l.fail(&Problem{Name: "config " + s.typ, Where: at(s.line), Err: ErrUnknown, Hint: suggest("this version has no such section", s.typ, types)})

		return
	case s.index > 0 && !rows[0].Repeat:
		l.fail(&Problem{Name: "config " + s.typ, Where: at(s.line), Err: ErrConflict, Hint: "there is one section of this type only; join the two"})

		return
	case rows[0].Repeat:
		l.cfg.Tokens = append(l.cfg.Tokens, Token{Name: s.name, From: fmt.Sprintf("%s section %s", source, s.selector())})
	}
	for _, entry := range s.options {
		i := slices.IndexFunc(rows, func(o *Option) bool { return o.Name == entry.name })
		if i < 0 {
			l.fail(&Problem{
				Name: s.typ + "." + entry.name, Where: at(entry.line), Err: ErrUnknown,
				Hint: suggest("section "+s.typ+" has no such option in this version", entry.name, names(rows)),
			})

			continue
		}
		values := read(s.selector(), entry.name)
		if !slices.Equal(values, entry.values) {
			l.fail(&Problem{Name: entry.name, Where: at(entry.line), Err: ErrSyntax, Hint: "the file changed while it was read, or its quotes are ambiguous; write it in single quotes"})

			continue
		}
		set := setting{key: entry.name, where: at(entry.line), source: source, raw: values}
		if rows[i].Repeat {
			l.put(rows[i], set)
		} else {
			l.add(rows[i], set)
		}
	}
	if rows[0].Repeat {
		l.checkToken(s, at(s.line))
	}
}

// checkToken looks at the token section just read.
func (l *loader) checkToken(s *outlineSection, where string) {
	has := func(name string) bool {
		return slices.ContainsFunc(s.options, func(o *outlineOption) bool { return o.name == name })
	}
	if s.name == "local" && !has("name") {
		l.fail(&Problem{Name: "token.name", Value: `"local"`, Where: where, Err: ErrValue, Hint: "local is the scope of the listener without a token; choose another"})
	}
	if s.name == "" && !has("name") {
		l.fail(&Problem{Name: "token.name", Where: where, Err: ErrValue, Hint: "a token needs a name: it is the scope of what is made with the token"})
	}
	if !has("token") {
		l.fail(&Problem{Name: "token.token", Where: where, Err: ErrValue, Hint: "the section has no token; add: option token '...', as made by openssl rand -hex 16"})
	}
}

func names(rows []*Option) []string {
	all := make([]string, len(rows))
	for i, o := range rows {
		all[i] = o.Name
	}

	return all
}

// readLimited reads a regular file or pipe of at most most bytes.
func readLimited(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(src)) > most:
		return nil, fmt.Errorf("it is larger than %d bytes", most)
	}

	return src, nil
}
