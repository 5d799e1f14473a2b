package config

import (
	"errors"
	"reflect"
	"strings"

	"ksfu/src/secret"
)

// errNotAllowed says that a value is wrong in a way that the list of allowed
// ones explains; any other error of a kind is the explanation.
var errNotAllowed = errors.New("not allowed")

// kind is a type of value: how it is read, what is allowed, how it is shown.
type kind[T any] struct {
	name    string
	allowed string
	parse   func(string) (T, error)
	show    func(T) string
}

// scalar binds an option of one value to its field.
func scalar[T any](k kind[T], at func(*Config) *T) value {
	_, boolean := any(*new(T)).(bool)

	return value{
		typ: k.name, allowed: k.allowed, boolean: boolean,
		put: func(c *Config, raw []string) error {
			if len(raw) != 1 {
				return errors.New("one value is wanted and not a list")
			}
			v, err := k.parse(raw[0])
			if err != nil {
				return err
			}
			*at(c) = v

			return nil
		},
		show: func(c *Config) string { return k.show(*at(c)) },
		same: func(a, b *Config) bool { return reflect.DeepEqual(*at(a), *at(b)) },
	}
}

// list binds an option of many values, separated by commas or white space.
func list[T any](k kind[T], at func(*Config) *[]T) value {
	show := func(all []T) string {
		texts := make([]string, len(all))
		for i, v := range all {
			texts[i] = k.show(v)
		}

		return strings.Join(texts, ",")
	}

	return value{
		typ: "list of " + k.name, allowed: k.allowed + "; several separated by commas", list: true,
		put: func(c *Config, raw []string) error {
			var all []T
			for _, text := range raw {
				for _, item := range splitList(text) {
					v, err := k.parse(item)
					if err != nil {
						return err
					}
					all = append(all, v)
				}
			}
			*at(c) = all

			return nil
		},
		show: func(c *Config) string { return show(*at(c)) },
		same: func(a, b *Config) bool { return show(*at(a)) == show(*at(b)) },
	}
}

// hidden binds a secret.
func hidden(k kind[string], at func(*Config) *secret.String) value {
	return scalar(kind[secret.String]{
		name: k.name, allowed: k.allowed,
		parse: func(s string) (secret.String, error) {
			v, err := k.parse(s)

			return secret.New(v), err
		},
		show: secret.String.String,
	}, at)
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r'
	})
}
