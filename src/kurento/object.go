package kurento

import (
	"time"

	"github.com/google/uuid"

	"ksfu/src/jsonrpc"
)

// managerID is the object that always exists.
const managerID = "manager_ServerManager"

// object is one remote object. What is after created is guarded by Server.mu.
type object struct {
	id      string
	class   *class
	scope   *scope
	parent  *object
	created time.Time
	element *element // of the classes that are a MediaElement
	webrtc  *webRTC  // of WebRtcEndpoint

	name     string
	tags     []tag
	sendTags bool
	values   map[string]any // stored properties
	children []*object
	refs     map[*jsonrpc.Session]struct{}
	subs     map[string]map[*jsonrpc.Session][]string // by event: who is told, with the ids of the subscriptions
	gone     bool
}

type tag struct{ key, value string }

// newObject makes an object that insert puts into its scope. Its id carries
// its class after the last '_' and its parent before the last '/': clients read
// both.
func newObject(k *class, sc *scope, parent *object, now time.Time) *object {
	id := uuid.NewString() + "_" + qualified(k.name)
	if parent != nil {
		id = parent.id + "/" + id
	}
	return &object{id: id, class: k, scope: sc, parent: parent, created: now, name: id}
}

// pipeline is the MediaPipeline that the object belongs to or is, or nil.
func (o *object) pipeline() *object {
	for ; o != nil; o = o.parent {
		if o.class.name == "MediaPipeline" {
			return o
		}
	}
	return nil
}

// dropSubscriptions ends a session's subscriptions to the object. The caller
// holds Server.mu.
func (o *object) dropSubscriptions(s *jsonrpc.Session) {
	for event, bySession := range o.subs {
		if ids, ok := bySession[s]; ok {
			o.scope.subscriptions -= len(ids)
			delete(bySession, s)
			if len(bySession) == 0 {
				delete(o.subs, event)
			}
		}
	}
}
