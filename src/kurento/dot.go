package kurento

import (
	"fmt"
	"strings"
)

// dotOf draws elements and their connections in Graphviz's language. Kurento's
// clients only store it; what is in it is ours. The caller holds Server.mu.
func dotOf(elements []*object) string {
	var b strings.Builder
	b.WriteString("digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n")
	for _, o := range elements {
		label := o.class.name
		if o.name != o.id {
			label += "\n" + o.name
		}
		fmt.Fprintf(&b, "  %s [label=%s];\n", dotText(o.id), dotText(label))
	}
	for _, o := range elements {
		if o.element == nil {
			continue
		}
		for _, kind := range mediaTypes() {
			for _, e := range o.element.out[kind] {
				fmt.Fprintf(&b, "  %s -> %s [label=%s];\n", dotText(e.source.id), dotText(e.sink.id), dotText(kind.String()))
			}
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText quotes; names come from clients.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
