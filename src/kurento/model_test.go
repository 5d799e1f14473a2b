package kurento

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// Whatever the table names exists, and getKmd serves it.
func TestModel(t *testing.T) {
	model := newModel()
	basic := []string{"String", "int", "int64", "float", "double", "boolean"}
	known := func(name string) bool {
		name = strings.TrimSuffix(strings.TrimSuffix(name, "[]"), "<>")
		return slices.Contains(basic, name) || model.types[name] != nil || model.classes[name] != nil
	}
	for _, k := range model.order {
		for _, op := range k.operations {
			for _, p := range op.params {
				if !known(p.typ) {
					t.Errorf("%s.%s: %s is of unknown type %q", k.name, op.name, p.name, p.typ)
				}
			}
			if op.returns != "" && !known(op.returns) {
				t.Errorf("%s.%s returns unknown type %q", k.name, op.name, op.returns)
			}
			if (op.run == nil) == (op.slow == nil) {
				t.Errorf("%s.%s has no or two implementations", k.name, op.name)
			}
		}
		for _, p := range k.params {
			if !known(p.typ) {
				t.Errorf("%s: %s is of unknown type %q", k.name, p.name, p.typ)
			}
		}
	}
	for _, kind := range model.listed {
		for _, p := range kind.fields {
			if !known(p.typ) {
				t.Errorf("%s: %s is of unknown type %q", kind.name, p.name, p.typ)
			}
		}
	}
	for _, name := range modules() {
		text, ok := model.describe(name)
		var d description
		if err := json.Unmarshal([]byte(text), &d); !ok || err != nil || d.Name != name {
			t.Errorf("%s: %v %v", name, ok, err)
		}
		if name == "elements" && (len(d.Classes) != 1 || len(d.Classes[0].Methods) != 4 || len(d.Classes[0].Properties) != 10 || len(d.Events) != 7) {
			t.Errorf("elements: %+v", d)
		}
	}
}
