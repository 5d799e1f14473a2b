package kurento

// refused tells whether a class is known but not served: create answers 40108,
// as Kurento does for a module that is not installed. Mixing and filtering need
// decoding, which this server never does; the others are not served yet.
func refused(name string) bool {
	switch name {
	case "Composite", "Mixer", "AlphaBlending",
		"FaceOverlayFilter", "ImageOverlayFilter", "GStreamerFilter", "ZBarFilter", "OpenCVFilter", "Filter",
		"HttpEndpoint", "HttpPostEndpoint",
		"RtpEndpoint", "UriEndpoint", "PlayerEndpoint", "RecorderEndpoint",
		"PassThrough", "Hub", "HubPort", "Dispatcher", "DispatcherOneToMany":
		return true
	}
	return false
}
