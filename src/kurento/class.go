package kurento

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"ksfu/src/jsonrpc"
)

// class is an entry of the object model. One without construct is abstract.
type class struct {
	name, module string
	parent       *class
	params       []param
	construct    func(*call, args) (*object, error)
	operations   map[string]*operation
	properties   []*property
	events       []string
}

// is tells whether the class is, or inherits from, the one named.
func (k *class) is(name string) bool {
	for ; k != nil; k = k.parent {
		if k.name == name {
			return true
		}
	}
	return false
}

// operation finds an operation by its exact name.
func (k *class) operation(name string) (*operation, bool) {
	for ; k != nil; k = k.parent {
		if op, ok := k.operations[name]; ok {
			return op, true
		}
	}
	return nil, false
}

// raises tells whether objects of the class raise the event, by a name of 6.x
// or 7.x.
func (k *class) raises(event string) bool {
	for ; k != nil; k = k.parent {
		for _, e := range k.events {
			if e == event || slices.Contains(eventAliases(e), event) {
				return true
			}
		}
	}
	return false
}

// hierarchy lists the ancestors, nearest first.
func (k *class) hierarchy() []string {
	list := []string{}
	for p := k.parent; p != nil; p = p.parent {
		list = append(list, qualified(p.name))
	}
	return list
}

func qualified(name string) string { return "kurento." + name }

// operation is a method of a class. One of run and slow is set; slow gives the
// work that takes long, to be done without holding up the connection.
type operation struct {
	name    string
	params  []param
	returns string            // "" for void, which travels as null
	legacy  bool              // a name of 6.x, or of a property: not listed as a method
	normal  func(raw any) any // when set, brings another form of the parameters into theirs
	run     func(*call, *object, args) (any, error)
	slow    func(*call, *object, args) (func(context.Context) (any, error), error)
}

// property is served as getX and, unless it is fixed, setX.
type property struct {
	param
	access string // "" = read and write, "readOnly", "final"
	legacy bool
}

// param is a parameter, or a field of a complex type.
type param struct {
	name, typ string
	optional  bool
	fallback  any // the default value, nil for none
}

// parseParam reads the notation name[?]:Type[=default].
func parseParam(text string) param {
	head, value, hasDefault := strings.Cut(text, "=")
	name, typ, _ := strings.Cut(head, ":")
	p := param{typ: typ}
	p.name, p.optional = strings.CutSuffix(name, "?")
	if hasDefault {
		switch typ {
		case "boolean":
			p.fallback = value == "true"
		case "int":
			n, _ := strconv.ParseInt(value, 10, 64)
			p.fallback = n
		case "float":
			f, _ := strconv.ParseFloat(value, 64)
			p.fallback = f
		default:
			p.fallback = value
		}
	}
	return p
}

func params(texts ...string) []param {
	list := make([]param, 0, len(texts))
	for _, text := range texts {
		list = append(list, parseParam(text))
	}
	return list
}

// define adds an operation, written name(param, param) or with " -> Type".
func (k *class) define(signature string, run func(*call, *object, args) (any, error)) *operation {
	head, returns, _ := strings.Cut(signature, " -> ")
	name, list, _ := strings.Cut(strings.TrimSuffix(head, ")"), "(")
	op := &operation{name: name, returns: returns, run: run}
	if list != "" {
		op.params = params(strings.Split(list, ", ")...)
	}
	if k.operations == nil {
		k.operations = map[string]*operation{}
	}
	k.operations[name] = op
	return op
}

// get is the value of a property.
type get func(*call, *object) (any, error)

// set takes a checked value.
type set func(*call, *object, any) error

// property adds a property, written as a parameter, by its two operations. A
// nil setter makes it readOnly.
func (k *class) property(text string, g get, s set) *property {
	p := &property{param: parseParam(text)}
	// Only the first letter is raised: getICECandidatePairs stays as it is.
	title := strings.ToUpper(p.name[:1]) + p.name[1:]
	k.properties = append(k.properties, p)
	op := k.define("get"+title+"() -> "+p.typ, func(c *call, o *object, _ args) (any, error) { return g(c, o) })
	op.legacy = true
	if s == nil {
		p.access = "readOnly"
		return p
	}
	op = k.define("set"+title+"("+p.name+":"+p.typ+")", func(c *call, o *object, a args) (any, error) {
		return nil, s(c, o, a[p.name])
	})
	op.legacy = true
	return p
}

// stored adds a property that is kept at the object. after, which may be nil,
// is told of a new value once it is kept.
func (k *class) stored(text string, check func(any) *jsonrpc.Error, after func(*call, *object)) *property {
	name := parseParam(text).name
	fallback := parseParam(text).fallback
	return k.property(text,
		func(c *call, o *object) (any, error) {
			c.srv.mu.Lock()
			defer c.srv.mu.Unlock()
			if v, ok := o.values[name]; ok {
				return v, nil
			}
			return fallback, nil
		},
		func(c *call, o *object, v any) error {
			if text, ok := v.(string); ok && len(text) > c.srv.limits.TextBytes {
				return fail(codeIllegalParam, "'%s' is over %d bytes", name, c.srv.limits.TextBytes)
			}
			if check != nil {
				if err := check(v); err != nil {
					return err
				}
			}
			c.srv.mu.Lock()
			if o.values == nil {
				o.values = map[string]any{}
			}
			o.values[name] = v
			c.srv.mu.Unlock()
			if after != nil {
				after(c, o)
			}
			return nil
		})
}

// alias gives an operation a second name, of 6.x.
func (k *class) alias(name, of string) {
	op := *k.operations[of]
	op.name, op.legacy = name, true
	k.operations[name] = &op
}

// rename gives a property a second name, of 6.x, whose setter's parameter is
// named like it.
func (k *class) rename(name, of string) {
	title, ofTitle := strings.ToUpper(name[:1])+name[1:], strings.ToUpper(of[:1])+of[1:]
	k.alias("get"+title, "get"+ofTitle)
	if setter, ok := k.operations["set"+ofTitle]; ok {
		op := k.define("set"+title+"("+name+":"+setter.params[0].typ+")", func(c *call, o *object, a args) (any, error) {
			return setter.run(c, o, args{of: a[name]})
		})
		op.legacy = true
	}
}
