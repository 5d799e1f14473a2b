package kurento

func mediaPipelineClass() *class {
	k := &class{name: "MediaPipeline", construct: newPipeline}
	dot := k.define("getGstreamerDot(details?:GstreamerDotDetails) -> String", func(c *call, o *object, _ args) (any, error) {
		c.srv.mu.Lock()
		defer c.srv.mu.Unlock()
		return dotOf(o.children), nil
	})
	// Kurento writes the graph to a file on its own machine; whoever may call
	// this can read the same by getGstreamerDot.
	k.define("dumpGstreamerDot(details?:GstreamerDotDetails)", func(*call, *object, args) (any, error) { return nil, nil }).params = dot.params
	k.stored("latencyStats:boolean=false", nil, nil)
	return k
}

func newPipeline(c *call, _ args) (*object, error) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	if err := c.room(); err != nil {
		return nil, err
	}
	o := newObject(c.srv.model.classes["MediaPipeline"], c.scope, nil, c.srv.now())
	return o, c.insert(o)
}
