package jsonrpc

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Scan tells whether data is one valid JSON text (RFC 8259) in UTF-8 that
// nests at most depth levels and whose objects have no key twice. It stops at
// the first violation, so that JSON of any depth costs no more than its first
// depth levels; encoding/json by itself would follow 10,000 levels and take
// the last of equal keys, where another reader takes the first.
func Scan(data []byte, depth int) error {
	if !utf8.Valid(data) {
		return fmt.Errorf("%w: not UTF-8", errSyntax)
	}
	s := scanner{data: data, limit: depth}
	s.space()
	if err := s.value(0); err != nil {
		return err
	}
	s.space()
	if s.at < len(s.data) {
		return s.fail("text after the end")
	}
	return nil
}

type scanner struct {
	data  []byte
	at    int
	limit int
}

func (s *scanner) fail(what string) error {
	return fmt.Errorf("%w: %s at byte %d", errSyntax, what, s.at)
}

func (s *scanner) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// next is the byte to be read next, 0 at the end (0 is valid nowhere in JSON
// outside of what string checks itself).
func (s *scanner) next() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

func (s *scanner) value(level int) error {
	switch c := s.next(); {
	case c == '{':
		return s.object(level + 1)
	case c == '[':
		return s.array(level + 1)
	case c == '"':
		_, err := s.str()
		return err
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	default:
		return s.fail("a value is missing")
	}
}

func (s *scanner) object(level int) error {
	if level > s.limit {
		return fmt.Errorf("%w: more than %d levels", errDepth, s.limit)
	}
	s.at++
	s.space()
	if s.next() == '}' {
		s.at++
		return nil
	}
	var keys keySet
	for {
		s.space()
		if s.next() != '"' {
			return s.fail("a key is missing")
		}
		key, err := s.str()
		if err != nil {
			return err
		}
		if !keys.add(key) {
			return fmt.Errorf("%w: %.64q", errDuplicate, key)
		}
		s.space()
		if s.next() != ':' {
			return s.fail("':' is missing")
		}
		s.at++
		s.space()
		if err := s.value(level); err != nil {
			return err
		}
		s.space()
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.fail("',' or '}' is missing")
		}
	}
}

func (s *scanner) array(level int) error {
	if level > s.limit {
		return fmt.Errorf("%w: more than %d levels", errDepth, s.limit)
	}
	s.at++
	s.space()
	if s.next() == ']' {
		s.at++
		return nil
	}
	for {
		s.space()
		if err := s.value(level); err != nil {
			return err
		}
		s.space()
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.fail("',' or ']' is missing")
		}
	}
}

// str reads a string and gives it decoded, as encoding/json would: keys are
// compared by what they mean, not by how they are written.
func (s *scanner) str() (string, error) {
	start, plain := s.at, true
	s.at++
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			if plain {
				return string(s.data[start+1 : s.at-1]), nil
			}
			var decoded string
			if err := json.Unmarshal(s.data[start:s.at], &decoded); err != nil {
				return "", s.fail("bad string")
			}
			return decoded, nil
		case c == '\\':
			plain = false
			if err := s.escape(); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", s.fail("control character in a string")
		default:
			s.at++
		}
	}
	return "", s.fail("string without end")
}

func (s *scanner) escape() error {
	s.at++
	switch s.next() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
		s.at++
		for range 4 {
			switch c := s.next(); {
			case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
				s.at++
			default:
				return s.fail("bad \\u escape")
			}
		}
		return nil
	default:
		return s.fail("bad escape")
	}
}

func (s *scanner) number() error {
	if s.next() == '-' {
		s.at++
	}
	if s.next() == '0' {
		s.at++
	} else if !s.digits() {
		return s.fail("bad number")
	}
	if s.next() == '.' {
		s.at++
		if !s.digits() {
			return s.fail("bad number")
		}
	}
	if c := s.next(); c == 'e' || c == 'E' {
		s.at++
		if c := s.next(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return s.fail("bad number")
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.at
	for c := s.next(); '0' <= c && c <= '9'; c = s.next() {
		s.at++
	}
	return s.at > start
}

func (s *scanner) word(w string) error {
	if len(s.data)-s.at < len(w) || string(s.data[s.at:s.at+len(w)]) != w {
		return s.fail("a value is missing")
	}
	s.at += len(w)
	return nil
}

// keySet remembers the keys of one object: a short list first, since nearly
// all objects of a protocol have a handful of keys, then a map.
type keySet struct {
	few  []string
	many map[string]struct{}
}

const fewKeys = 12

func (k *keySet) add(key string) bool {
	if k.many != nil {
		if _, twice := k.many[key]; twice {
			return false
		}
		k.many[key] = struct{}{}
		return true
	}
	if slices.Contains(k.few, key) {
		return false
	}
	k.few = append(k.few, key)
	if len(k.few) > fewKeys {
		k.many = make(map[string]struct{}, 4*fewKeys)
		for _, other := range k.few {
			k.many[other] = struct{}{}
		}
		k.few = nil
	}
	return true
}
