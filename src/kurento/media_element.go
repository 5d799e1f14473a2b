package kurento

func mediaElementClass() *class {
	k := &class{name: "MediaElement", events: []string{
		"ElementConnected", "ElementDisconnected", "MediaFlowOutStateChanged", "MediaFlowInStateChanged", "MediaTranscodingStateChanged",
	}}
	k.define("getSourceConnections(mediaType?:MediaType, description?:String) -> ElementConnectionData[]", func(c *call, o *object, a args) (any, error) {
		return c.connections(a, func(t mediaType) []*edge {
			if e := o.element.in[t]; e != nil {
				return []*edge{e}
			}
			return nil
		}, func(e *edge) string { return e.sinkDesc }), nil
	})
	k.define("getSinkConnections(mediaType?:MediaType, description?:String) -> ElementConnectionData[]", func(c *call, o *object, a args) (any, error) {
		return c.connections(a, func(t mediaType) []*edge { return o.element.out[t] },
			func(e *edge) string { return e.sourceDesc }), nil
	})
	k.define("connect(sink:MediaElement, mediaType?:MediaType, sourceMediaDescription?:String, sinkMediaDescription?:String)", connect)
	k.define("disconnect(sink:MediaElement, mediaType?:MediaType, sourceMediaDescription?:String, sinkMediaDescription?:String)", disconnect)
	k.define("setAudioFormat(caps:AudioCaps)", setAudioFormat)
	k.define("setVideoFormat(caps:VideoCaps)", setVideoFormat)
	k.define("dumpGstreamerDot(details?:GstreamerDotDetails)", func(*call, *object, args) (any, error) { return nil, nil })
	k.define("getGstreamerDot(details?:GstreamerDotDetails) -> String", func(c *call, o *object, _ args) (any, error) {
		c.srv.mu.Lock()
		defer c.srv.mu.Unlock()
		return dotOf([]*object{o}), nil
	})
	k.define("getStats(mediaType?:MediaType) -> Stats<>", getStats)
	k.define("isMediaFlowingIn(mediaType:MediaType, sinkMediaDescription?:String=default) -> boolean", func(c *call, o *object, a args) (any, error) {
		return c.flowing(o, a, true)
	})
	k.define("isMediaFlowingOut(mediaType:MediaType, sourceMediaDescription?:String=default) -> boolean", func(c *call, o *object, a args) (any, error) {
		return c.flowing(o, a, false)
	})
	k.define("isMediaTranscoding(mediaType:MediaType, binName?:String=default) -> boolean", func(_ *call, _ *object, a args) (any, error) {
		return false, noData(a.text("mediaType"))
	})
	// There is no encoder: the target and the least are kept, the most is the
	// limit of what is forwarded.
	k.stored("encoderBitrate:int=0", nonNegative, nil)
	k.stored("minEncoderBitrate:int=0", nonNegative, nil)
	k.stored("maxEncoderBitrate:int=0", nonNegative, limitSending)
	for name, of := range map[string]string{ // names of 6.x, the misspelt ones too
		"outputBitrate": "encoderBitrate", "minOutputBitrate": "minEncoderBitrate", "maxOutputBitrate": "maxEncoderBitrate",
		"minOuputBitrate": "minEncoderBitrate", "maxOuputBitrate": "maxEncoderBitrate",
	} {
		k.rename(name, of)
	}
	// 6.x: setOutputBitrate is a method, and its parameter is named bitrate.
	setter := k.operations["setEncoderBitrate"]
	k.define("setOutputBitrate(bitrate:int)", func(c *call, o *object, a args) (any, error) {
		return setter.run(c, o, args{"encoderBitrate": a["bitrate"]})
	}).legacy = true
	return k
}

// noData refuses DATA, about which nothing is measured.
func noData(mediaType string) error {
	if mediaType == data.String() {
		return fail(codeIllegalParam, "MediaType DATA is not supported here: AUDIO or VIDEO")
	}
	return nil
}

func (c *call) connections(a args, of func(mediaType) []*edge, description func(*edge) string) []record {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	list := []record{}
	for _, t := range mediaTypesOf(a.text("mediaType")) {
		for _, e := range of(t) {
			if !a.has("description") || a.text("description") == description(e) {
				list = append(list, e.data())
			}
		}
	}
	return list
}

func connect(c *call, o *object, a args) (any, error) {
	sink := a.object("sink")
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	for _, end := range []*object{o, sink} {
		if end.gone {
			return nil, objectNotFound(end.id)
		}
	}
	if o.pipeline() != sink.pipeline() {
		return nil, fail(codeConnect, "Media elements do not share pipeline")
	}
	sourceDesc, sinkDesc, err := c.descriptions(a)
	if err != nil {
		return nil, err
	}
	for _, t := range mediaTypesOf(a.text("mediaType")) {
		c.srv.connect(&edge{source: o, sink: sink, kind: t, sourceDesc: sourceDesc, sinkDesc: sinkDesc})
	}
	return nil, nil
}

func (c *call) descriptions(a args) (source, sink string, err error) {
	source, sink = defaultDescription, defaultDescription
	if a.has("sourceMediaDescription") {
		source = a.text("sourceMediaDescription")
	}
	if a.has("sinkMediaDescription") {
		sink = a.text("sinkMediaDescription")
	}
	if err := c.short("sourceMediaDescription", source); err != nil {
		return "", "", err
	}
	return source, sink, c.short("sinkMediaDescription", sink)
}

func disconnect(c *call, o *object, a args) (any, error) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	for _, t := range mediaTypesOf(a.text("mediaType")) {
		c.srv.disconnect(o, a.object("sink"), t)
	}
	return nil, nil
}

func (c *call) flowing(o *object, a args, in bool) (any, error) {
	if err := noData(a.text("mediaType")); err != nil {
		return nil, err
	}
	p := c.peer(o)
	if p == nil {
		return false, nil
	}
	kind, _ := mediaTypesOf(a.text("mediaType"))[0].kind()
	if in {
		return p.Sink(kind).Flowing(), nil
	}
	return p.Source(kind).Flowing(), nil
}
