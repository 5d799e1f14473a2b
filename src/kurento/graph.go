package kurento

import (
	"slices"

	"ksfu/src/media"
)

// mediaType is what a connection carries.
type mediaType uint8

const (
	audio mediaType = iota
	video
	data
)

func mediaTypes() [3]mediaType { return [3]mediaType{audio, video, data} }

func (t mediaType) String() string { return [...]string{"AUDIO", "VIDEO", "DATA"}[t] }

// kind is the kind in media; DATA has none.
func (t mediaType) kind() (media.Kind, bool) {
	switch t {
	case audio:
		return media.Audio, true
	case video:
		return media.Video, true
	default:
		return 0, false
	}
}

// mediaTypesOf is the type named, or all of them without a name.
func mediaTypesOf(name string) []mediaType {
	all := mediaTypes()
	for _, t := range all {
		if t.String() == name {
			return []mediaType{t}
		}
	}
	return all[:]
}

// element is the part of a MediaElement in the graph. It is guarded by
// Server.mu.
type element struct {
	in  [3]*edge   // by mediaType: a sink has one source
	out [3][]*edge // in the order of connecting
}

// edge is one connection of one type of media.
type edge struct {
	source, sink         *object
	kind                 mediaType
	sourceDesc, sinkDesc string
}

const defaultDescription = "default"

func (e *edge) fields() record {
	return record{
		"sink": e.sink.id, "mediaType": e.kind.String(),
		"sourceMediaDescription": e.sourceDesc, "sinkMediaDescription": e.sinkDesc,
	}
}

func (e *edge) data() record {
	return named("ElementConnectionData", record{
		"source": e.source.id, "sink": e.sink.id, "type": e.kind.String(),
		"sourceDescription": e.sourceDesc, "sinkDescription": e.sinkDesc,
	})
}

// connect makes an edge. A sink that follows another source leaves that one,
// which is how Kurento's clients switch cameras without renegotiation. The
// caller holds Server.mu.
func (s *Server) connect(e *edge) {
	if former := e.sink.element.in[e.kind]; former != nil {
		s.cut(former)
	}
	e.source.element.out[e.kind] = append(e.source.element.out[e.kind], e)
	e.sink.element.in[e.kind] = e
	s.follow(e.sink, e.kind)
	s.emit(e.source, "ElementConnected", e.fields())
}

// cut removes an edge from the graph and tells of it; the caller holds
// Server.mu and lets the sink follow what is left.
func (s *Server) cut(e *edge) {
	e.source.element.out[e.kind] = slices.DeleteFunc(e.source.element.out[e.kind], func(other *edge) bool { return other == e })
	e.sink.element.in[e.kind] = nil
	s.emit(e.source, "ElementDisconnected", e.fields())
}

// disconnect removes the edge of a type between two elements, if there is one.
// The caller holds Server.mu.
func (s *Server) disconnect(source, sink *object, kind mediaType) {
	if e := sink.element.in[kind]; e != nil && e.source == source {
		s.cut(e)
		s.follow(sink, kind)
	}
}

// disconnectAll removes every edge of an element. The caller holds Server.mu.
func (s *Server) disconnectAll(o *object) {
	for _, kind := range mediaTypes() {
		if e := o.element.in[kind]; e != nil {
			s.cut(e)
			s.follow(o, kind)
		}
		for _, e := range slices.Clone(o.element.out[kind]) {
			s.cut(e)
			s.follow(e.sink, kind)
		}
	}
}

// follow makes the media of a sink, and the messages of data channels, follow
// the graph. The caller holds Server.mu; SetSource and SetDataSource do not
// block.
func (s *Server) follow(sink *object, t mediaType) {
	if sink.webrtc == nil {
		return
	}
	var from *peer
	if e := sink.element.in[t]; e != nil && e.source.webrtc != nil {
		from = e.source.webrtc.peer
	}
	kind, ok := t.kind()
	switch {
	case ok && from != nil:
		sink.webrtc.peer.Sink(kind).SetSource(from.Source(kind))
	case ok:
		sink.webrtc.peer.Sink(kind).SetSource(nil)
	case from != nil:
		sink.webrtc.peer.SetDataSource(from.Endpoint)
	default:
		sink.webrtc.peer.SetDataSource(nil)
	}
}
