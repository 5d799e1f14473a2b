package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// outline is what stands in a UCI file and where. It takes the grammar that
// OpenWrt's libuci and go-uci read alike, one statement a line:
//
//	config TYPE ['NAME']
//	option NAME 'VALUE'
//	list NAME 'VALUE'
//
// with the value in single or double quotes or, without white space, in none,
// and comments from # on. Anything else is a problem with its line: go-uci fails
// on some of it without saying where (an empty value, 'it'\”s', CR LF), and
// reads some of it as something else (a comment after an unnamed section).
type outline struct {
	sections []*outlineSection
	problems []outlineProblem
}

type outlineSection struct {
	typ, name string // name "" = anonymous
	index     int    // among the sections of its type
	line      int
	options   []*outlineOption
}

type outlineOption struct {
	name   string
	list   bool
	line   int
	values []string
}

type outlineProblem struct {
	line int
	what string
}

// selector is the section's name as go-uci and `uci show` take it.
func (s *outlineSection) selector() string {
	if s.name != "" {
		return s.name
	}

	return fmt.Sprintf("@%s[%d]", s.typ, s.index)
}

func readOutline(src string) outline {
	var o outline
	var current *outlineSection
	lines := strings.Split(src, "\n")
	for i, text := range lines {
		words, what := splitLine(text)
		if what == "" && len(words) > 0 && i == len(lines)-1 && !words[len(words)-1].quoted && words[0].text != "config" {
			what = "the file ends within this line; end it with a line break"
		}
		if what == "" && len(words) > 0 {
			current, what = o.statement(current, words, i+1)
		}
		if what != "" {
			o.problems = append(o.problems, outlineProblem{i + 1, what})
		}
	}

	return o
}

// statement adds one line; what it returns is wrong with the line, if not "".
func (o *outline) statement(current *outlineSection, words []word, line int) (*outlineSection, string) {
	keyword := words[0]
	switch {
	case keyword.quoted, !slices.Contains([]string{"config", "option", "list"}, keyword.text):
		return current, "a line begins with config, option, list or #"
	case len(words) < 2 || words[1].quoted || !validName(words[1].text, "-"):
		return current, "after " + keyword.text + " comes a name of letters, digits and _, without quotes"
	case keyword.text == "config":
		return o.section(current, words, line)
	case current == nil:
		return nil, keyword.text + " before the first config line"
	case len(words) != 3:
		return current, fmt.Sprintf("%s %s wants one value; put quotes around it if it has white space", keyword.text, words[1].text)
	}
	name, list := words[1].text, keyword.text == "list"
	for _, have := range current.options {
		switch {
		case have.name != name:
		case have.list && list:
			// go-uci keeps one of equal entries, and they say nothing twice.
			if !slices.Contains(have.values, words[2].text) {
				have.values = append(have.values, words[2].text)
			}

			return current, ""
		default:
			return current, fmt.Sprintf("%s was given in line %d already", name, have.line)
		}
	}
	current.options = append(current.options, &outlineOption{name, list, line, []string{words[2].text}})

	return current, ""
}

func (o *outline) section(current *outlineSection, words []word, line int) (*outlineSection, string) {
	s := &outlineSection{typ: words[1].text, line: line}
	switch {
	case len(words) > 3:
		return current, "config wants a type and at most one name"
	case len(words) == 3 && !validName(words[2].text, ""):
		return current, "a section's name has letters, digits and _ only"
	case len(words) == 3:
		s.name = words[2].text
	}
	for _, have := range o.sections {
		if s.name != "" && have.name == s.name {
			if have.typ != s.typ {
				return have, fmt.Sprintf("section %s is of type %s since line %d", s.name, have.typ, have.line)
			}

			return have, ""
		}
		if have.typ == s.typ {
			s.index++
		}
	}
	o.sections = append(o.sections, s)

	return s, ""
}

type word struct {
	text   string
	quoted bool
}

// splitLine returns the words of a line without its comment, or what is wrong.
func splitLine(line string) ([]word, string) {
	switch {
	case !utf8.ValidString(line):
		return nil, "it is not UTF-8 text"
	case strings.HasSuffix(line, "\r"):
		return nil, "the line ends as on Windows; convert the file: sed -i 's/\\r$//' FILE"
	case strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return nil, "it has a control character"
	}
	var words []word
	for rest := strings.TrimLeft(line, " \t"); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		quote := rest[0]
		switch quote {
		case '#':
			if len(words) == 2 && words[0].text == "config" {
				return nil, "a comment after a section without a name; put it on a line of its own"
			}

			return words, ""
		case '\'', '"':
			text, after, closed := strings.Cut(rest[1:], rest[:1])
			switch {
			case !closed:
				return nil, "a quote is not closed in its line"
			case text == "":
				return nil, "an empty value; leave the line out instead"
			case strings.ContainsRune(text, '\\'), after != "" && !strings.ContainsRune(" \t#", rune(after[0])):
				return nil, `quotes and backslashes within a value cannot be read; "it's" can, and a secret can be put into a file (<NAME>_FILE)`
			}
			words, rest = append(words, word{text, true}), after
		default:
			end := strings.IndexAny(rest, " \t#")
			if end < 0 {
				end = len(rest)
			}
			if strings.ContainsAny(rest[:end], `'"\;`) {
				return nil, "a word with a quote, a backslash or a semicolon; put quotes around it"
			}
			words, rest = append(words, word{rest[:end], false}), rest[end:]
		}
	}

	return words, ""
}

func validName(s, also string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !alphanumeric(r) && r != '_' && !strings.ContainsRune(also, r)
	})
}
