package kurento

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"ksfu/src/jsonrpc"
)

// args are checked arguments: String -> string, int and int64 -> int64, float
// -> float64, boolean -> bool, enums -> string, complex types -> args, classes
// -> *object. What is absent and has no default is not in the map.
type args map[string]any

func (a args) text(name string) string    { s, _ := a[name].(string); return s }
func (a args) number(name string) int64   { n, _ := a[name].(int64); return n }
func (a args) flag(name string) bool      { b, _ := a[name].(bool); return b }
func (a args) object(name string) *object { o, _ := a[name].(*object); return o }
func (a args) group(name string) args     { g, _ := a[name].(args); return g }

// has tells whether the argument came or has a default.
func (a args) has(name string) bool { _, ok := a[name]; return ok }

// bind checks what a client sent against the parameters of the model. what is
// the member that holds them, for the error.
func (c *call) bind(list []param, raw any, what string) (args, error) {
	given, ok := raw.(map[string]any)
	if raw != nil && !ok {
		return nil, fail(codeMarshall, "'%s' parameter should be an object", what)
	}
	bound := args{}
	for _, p := range list {
		value, there := given[p.name]
		if !there || value == nil {
			switch {
			case !p.optional && raw == nil:
				return nil, fail(codeMarshall, "'%s' is required", what)
			case !p.optional:
				return nil, fail(codeMarshall, "'%s' parameter is required", p.name)
			case p.fallback != nil:
				bound[p.name] = p.fallback
			}
			continue
		}
		checked, err := c.check(p, value)
		if err != nil {
			return nil, err
		}
		bound[p.name] = checked
	}
	return bound, nil
}

func (c *call) check(p param, value any) (any, error) {
	wrong := func(what string) error {
		return fail(codeMarshall, "'%s' parameter should be %s", p.name, what)
	}
	switch p.typ {
	case "String":
		if s, ok := value.(string); ok {
			return s, nil
		}
		return nil, wrong("a string")
	case "int", "int64":
		if n, ok := integer(value); ok && (p.typ == "int64" || n == int64(int32(n))) { //nolint:gosec // the conversion is the check
			return n, nil
		}
		return nil, wrong("an integer")
	case "float", "double":
		if f, ok := value.(float64); ok { // the result of an earlier operation
			return f, nil
		}
		if n, ok := value.(json.Number); ok {
			if f, err := n.Float64(); err == nil {
				return f, nil
			}
		}
		return nil, wrong("a number")
	case "boolean":
		if b, ok := value.(bool); ok {
			return b, nil
		}
		return nil, wrong("a boolean")
	}
	if kind, ok := c.srv.model.types[p.typ]; ok {
		return c.checkComplex(kind, value, wrong)
	}
	id, ok := value.(string)
	if !ok {
		return nil, wrong("a string")
	}
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	o, err := c.find(id)
	if err != nil {
		return nil, err
	}
	if !o.class.is(p.typ) {
		return nil, fail(codeIllegalParam, "'%s' parameter should be a %s; '%s' is a %s", p.name, p.typ, id, o.class.name)
	}
	if err := c.refer(o); err != nil {
		return nil, err
	}
	return o, nil
}

func (c *call) checkComplex(kind *complexType, value any, wrong func(string) error) (any, error) {
	if len(kind.values) > 0 {
		s, ok := value.(string)
		if !ok {
			return nil, wrong("a string")
		}
		if !slices.Contains(kind.values, s) {
			return nil, wrong("one of " + strings.Join(kind.values, ", "))
		}
		return s, nil
	}
	given, ok := value.(map[string]any)
	if !ok {
		return nil, wrong("an object")
	}
	// __module__ and __type__ may be there and are not looked at. Fields that
	// are absent are the operation's affair: clients leave out what they have
	// no value for.
	group := args{}
	for _, field := range kind.fields {
		if v, there := given[field.name]; there && v != nil {
			checked, err := c.check(field, v)
			if err != nil {
				return nil, err
			}
			group[field.name] = checked
		} else if field.fallback != nil {
			group[field.name] = field.fallback
		}
	}
	return group, nil
}

// integer takes 5 and 5.0: some JSON writers know floating point only.
func integer(value any) (int64, bool) {
	if n, ok := value.(int64); ok { // the result of an earlier operation
		return n, true
	}
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	if n, err := number.Int64(); err == nil {
		return n, true
	}
	f, err := number.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// record is a complex value as it leaves the server.
type record map[string]any

// named gives a complex value its type.
func named(typ string, fields record) record {
	fields["__module__"] = "kurento"
	fields["__type__"] = typ
	return fields
}

// present turns what an operation gives into what travels: checked complex
// arguments that were stored get their type back.
func present(typ string, value any) any {
	if group, ok := value.(args); ok {
		out := record{}
		maps.Copy(out, group)
		return named(typ, out)
	}
	return value
}

func reference(o *object) any {
	if o == nil {
		return nil
	}
	return o.id
}

// text reads a member of a request that must be a string; a missing one and
// one of another type are refused as Kurento does, without a type of error.
func text(members map[string]any, name string) (string, error) {
	value, ok := members[name]
	if !ok || value == nil {
		return "", jsonrpc.Errorf(jsonrpc.CodeServer, "'%s' parameter is required", name)
	}
	s, ok := value.(string)
	if !ok {
		return "", jsonrpc.Errorf(jsonrpc.CodeServer, "'%s' parameter should be a string", name)
	}
	return s, nil
}
