package node_test

import (
	"errors"
	"testing"
	"time"

	"ksfu/src/node"
)

type media struct{}

func (media) Endpoints() int { return 7 }
func (media) Panics() uint64 { return 2 }

type kurento struct{}

func (kurento) Counts() (pipelines, endpoints, sessions int) { return 3, 5, 4 }

func TestStatus(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	base := node.Status{Version: "1.2", Started: start, Uptime: time.Minute}
	with := func(change func(*node.Status)) node.Status { s := base; change(&s); return s }
	tests := []struct {
		name    string
		options node.Options
		want    node.Status
	}{
		{"alone", node.Options{}, base},
		{"kurento", node.Options{Kurento: kurento{}}, with(func(s *node.Status) { s.Pipelines, s.Endpoints, s.Sessions = 3, 5, 4 })},
		{"all; the engine knows all endpoints", node.Options{Kurento: kurento{}, Media: media{}}, with(func(s *node.Status) {
			s.Pipelines, s.Endpoints, s.Sessions, s.Panics = 3, 7, 4, 2
		})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			now := start
			test.options.Version = "1.2"
			test.options.Now = func() time.Time { return now }
			n, err := node.New(test.options)
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(time.Minute)
			if got := n.Status(); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
	if _, err := node.New(node.Options{}); !errors.Is(err, node.ErrNoVersion) {
		t.Errorf("without a version: %v", err)
	}
	if !(node.Options{Version: "1"}).Equal(node.Options{Version: "1"}) || (node.Options{Version: "1"}).Equal(node.Options{Version: "2"}) {
		t.Error("Equal is wrong")
	}
}
