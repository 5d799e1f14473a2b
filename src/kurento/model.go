package kurento

// model is the table of everything that clients can name.
type model struct {
	classes map[string]*class
	order   []*class
	types   map[string]*complexType
	listed  []*complexType
}

// newModel puts the classes together; each comes from the file that bears its
// name.
func newModel() *model {
	m := &model{classes: map[string]*class{}, types: map[string]*complexType{}}
	object := m.add("core", mediaObjectClass(), nil)
	m.add("core", serverManagerClass(), object)
	m.add("core", mediaPipelineClass(), object)
	element := m.add("core", mediaElementClass(), object)
	endpoint := m.add("core", &class{name: "Endpoint"}, element)
	session := m.add("core", sessionEndpointClass(), endpoint)
	sdp := m.add("core", sdpEndpointClass(), session)
	rtp := m.add("core", baseRTPEndpointClass(), sdp)
	m.add("elements", webRTCEndpointClass(), rtp)
	m.listed = complexTypes()
	for _, t := range m.listed {
		m.types[t.name] = t
	}
	return m
}

func (m *model) add(module string, k *class, parent *class) *class {
	k.module, k.parent = module, parent
	m.classes[k.name] = k
	m.order = append(m.order, k)
	return k
}

// modules are those that a client must find installed, filters included, which
// is empty: kurento-client refuses to work without them.
func modules() [3]string { return [3]string{"core", "elements", "filters"} }

// factories lists the classes of a module that can be created.
func (m *model) factories(module string) []string {
	list := []string{}
	for _, k := range m.order {
		if k.module == module && k.construct != nil {
			list = append(list, k.name)
		}
	}
	return list
}
