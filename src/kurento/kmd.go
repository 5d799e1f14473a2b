package kurento

import (
	"encoding/json"
	"slices"
	"strings"
)

// describe gives a module's description: the names and types of the table, in
// the form of Kurento's module descriptions, without their prose.
func (m *model) describe(module string) (string, bool) {
	known := modules()
	if !slices.Contains(known[:], module) {
		return "", false
	}
	d := description{Name: module, Version: apiVersion}
	events := map[string]bool{}
	for _, k := range m.order {
		if k.module != module {
			continue
		}
		d.Classes = append(d.Classes, describeClass(k))
		for _, e := range k.events {
			if !events[e] {
				events[e] = true
				d.Events = append(d.Events, describedEvent{Name: e, Extends: "Media", Properties: describeParams(eventFields(e))})
			}
		}
	}
	for _, t := range m.listed {
		if t.module == module {
			d.Types = append(d.Types, describeType(t))
		}
	}
	text, err := json.Marshal(d)
	return string(text), err == nil
}

type description struct {
	Name    string           `json:"name"`
	Version string           `json:"version"`
	Classes []describedClass `json:"remoteClasses,omitempty"`
	Events  []describedEvent `json:"events,omitempty"`
	Types   []describedType  `json:"complexTypes,omitempty"`
}

type describedClass struct {
	Name        string              `json:"name"`
	Extends     string              `json:"extends,omitempty"`
	Abstract    bool                `json:"abstract,omitempty"`
	Constructor *describedMethod    `json:"constructor,omitempty"`
	Properties  []describedProperty `json:"properties,omitempty"`
	Methods     []describedMethod   `json:"methods,omitempty"`
	Events      []string            `json:"events,omitempty"`
}

type describedMethod struct {
	Name   string           `json:"name,omitempty"`
	Params []describedParam `json:"params"`
	Return *describedParam  `json:"return,omitempty"`
}

type describedParam struct {
	Name     string `json:"name,omitempty"`
	Type     string `json:"type"`
	Optional bool   `json:"optional,omitempty"`
	Default  any    `json:"defaultValue,omitempty"`
}

type describedProperty struct {
	describedParam
	ReadOnly bool `json:"readOnly,omitempty"`
	Final    bool `json:"final,omitempty"`
}

type describedEvent struct {
	Name       string           `json:"name"`
	Extends    string           `json:"extends"`
	Properties []describedParam `json:"properties"`
}

type describedType struct {
	Name       string           `json:"name"`
	Format     string           `json:"typeFormat"`
	Extends    string           `json:"extends,omitempty"`
	Values     []string         `json:"values,omitempty"`
	Properties []describedParam `json:"properties,omitempty"`
}

func describeParam(p param) describedParam {
	return describedParam{Name: p.name, Type: p.typ, Optional: p.optional, Default: p.fallback}
}

func describeParams(list []param) []describedParam {
	out := make([]describedParam, 0, len(list))
	for _, p := range list {
		out = append(out, describeParam(p))
	}
	return out
}

func describeClass(k *class) describedClass {
	d := describedClass{Name: k.name, Abstract: k.construct == nil, Events: k.events}
	if k.parent != nil {
		d.Extends = k.parent.name
	}
	if k.construct != nil {
		d.Constructor = &describedMethod{Params: describeParams(k.params)}
	}
	for _, p := range k.properties {
		if !p.legacy {
			d.Properties = append(d.Properties, describedProperty{describeParam(p.param), p.access == "readOnly", p.access == "final"})
		}
	}
	for _, op := range k.operations {
		if op.legacy {
			continue
		}
		method := describedMethod{Name: op.name, Params: describeParams(op.params)}
		if op.returns != "" {
			method.Return = &describedParam{Type: op.returns}
		}
		d.Methods = append(d.Methods, method)
	}
	slices.SortFunc(d.Methods, func(a, b describedMethod) int { return strings.Compare(a.Name, b.Name) })
	return d
}

func describeType(t *complexType) describedType {
	if len(t.values) > 0 {
		return describedType{Name: t.name, Format: "ENUM", Values: t.values}
	}
	return describedType{Name: t.name, Format: "REGISTER", Extends: t.extends, Properties: describeParams(t.fields)}
}

// eventFields are the fields of an event beside those of every event.
func eventFields(event string) []param {
	switch event {
	case "Error":
		return params("description:String", "errorCode:int", "type:String")
	case "ObjectCreated":
		return params("object:MediaObject")
	case "ObjectDestroyed":
		return params("objectId:String")
	case "MediaStateChanged":
		return params("oldState:MediaState", "newState:MediaState")
	case "ConnectionStateChanged":
		return params("oldState:ConnectionState", "newState:ConnectionState")
	case "MediaFlowInStateChanged", "MediaFlowOutStateChanged":
		return params("state:MediaFlowState", "padName:String", "mediaType:MediaType")
	case "MediaTranscodingStateChanged":
		return params("state:MediaTranscodingState", "binName:String", "mediaType:MediaType")
	case "ElementConnected", "ElementDisconnected":
		return params("sink:MediaElement", "mediaType:MediaType", "sourceMediaDescription:String", "sinkMediaDescription:String")
	case "IceCandidateFound":
		return params("candidate:IceCandidate")
	case "IceComponentStateChanged":
		return params("streamId:int", "componentId:int", "state:IceComponentState")
	case "DtlsConnectionStateChange":
		return params("streamId:String", "componentId:String", "connectionId:String", "state:DtlsConnectionState")
	case "DataChannelOpened", "DataChannelClosed":
		return params("channelId:int")
	case "NewCandidatePairSelected":
		return params("candidatePair:IceCandidatePair")
	default:
		return nil
	}
}
