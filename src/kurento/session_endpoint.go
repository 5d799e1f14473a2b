package kurento

func sessionEndpointClass() *class {
	return &class{name: "SessionEndpoint", events: []string{"MediaSessionTerminated", "MediaSessionStarted"}}
}
