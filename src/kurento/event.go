package kurento

import (
	"maps"
	"strconv"

	"ksfu/src/jsonrpc"
)

// eventAliases are the names that 6.x has for an event of 7.x.
func eventAliases(event string) []string {
	switch event {
	case "IceCandidateFound":
		return []string{"OnIceCandidate"}
	case "IceGatheringDone":
		return []string{"OnIceGatheringDone"}
	case "IceComponentStateChanged":
		return []string{"IceComponentStateChange", "OnIceComponentStateChanged"}
	case "MediaFlowInStateChanged":
		return []string{"MediaFlowInStateChange"}
	case "MediaFlowOutStateChanged":
		return []string{"MediaFlowOutStateChange"}
	case "MediaTranscodingStateChanged":
		return []string{"MediaTranscodingStateChange"}
	case "DataChannelOpened":
		return []string{"DataChannelOpen", "OnDataChannelOpened"}
	case "DataChannelClosed":
		return []string{"DataChannelClose", "OnDataChannelClosed"}
	default:
		return nil
	}
}

// emit tells the sessions that subscribed to an event of the object, under each
// name that it has, once per session and name. The caller holds Server.mu;
// nothing here blocks.
func (s *Server) emit(o *object, event string, fields record) {
	if len(o.subs) == 0 {
		return
	}
	s.emitAs(o, event, fields)
	for _, alias := range eventAliases(event) {
		s.emitAs(o, alias, fields)
	}
}

func (s *Server) emitAs(o *object, event string, fields record) {
	sessions := o.subs[event]
	if len(sessions) == 0 {
		return
	}
	now := s.now()
	tags := []record{}
	if o.sendTags {
		tags = tagList(o)
	}
	data := record{
		"source":          o.id,
		"tags":            tags,
		"timestamp":       strconv.FormatInt(now.Unix(), 10), // 6.x
		"timestampMillis": strconv.FormatInt(now.UnixMilli(), 10),
		"type":            event,
	}
	maps.Copy(data, fields) // an Error has a type of its own
	params := record{"value": record{"object": o.id, "type": event, "data": data}}
	for session := range sessions {
		notify(session, params)
	}
}

func notify(session *jsonrpc.Session, params record) { session.Notify("onEvent", params) }

// raiseError emits Error on an object and on the pipeline that it is in:
// applications listen on either.
func (s *Server) raiseError(o *object, code int, description string) {
	fields := func() record {
		return record{"errorCode": code, "description": description, "type": errorType(code)}
	}
	s.emit(o, "Error", fields())
	if p := o.pipeline(); p != nil && p != o {
		s.emit(p, "Error", fields())
	}
}
