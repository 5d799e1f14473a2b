package media

import (
	"fmt"
	"testing"
)

func testSpans() (*spans, *Encoding, *Encoding) {
	return &spans{newestOut: 999}, &Encoding{rid: "a"}, &Encoding{rid: "b"}
}

// step is what is done to spans: a packet forwarded, dropped, or a switch.
type step struct {
	do   string // "open a", "send", "drop"
	in   int64
	want int64 // outgoing number, 0 = none
}

func runSteps(t *testing.T, steps []step) *spans {
	t.Helper()
	m, a, b := testSpans()
	e := a
	for i, s := range steps {
		switch s.do {
		case "open a", "open b":
			e = a
			if s.do == "open b" {
				e = b
			}
			m.open(span{encoding: e}, s.in)
		case "send":
			at, got := m.forward(e, s.in)
			if got != s.want || (at == nil) != (s.want == 0) {
				t.Errorf("step %d: %d goes out as %d, want %d", i, s.in, got, s.want)
			}
		case "drop":
			m.drop(s.in, frameMark{uint32(s.in), true}, 1)
		}
	}
	return m
}

func TestSpansForward(t *testing.T) {
	tests := map[string][]step{
		"in order":             {{"open a", 50, 0}, {"send", 50, 1000}, {"send", 51, 1001}},
		"loss":                 {{"open a", 50, 0}, {"send", 50, 1000}, {"send", 53, 1003}, {"send", 51, 1001}, {"send", 52, 1002}},
		"drop":                 {{"open a", 50, 0}, {"send", 50, 1000}, {"drop", 51, 0}, {"send", 52, 1001}},
		"drops in a row":       {{"open a", 50, 0}, {"send", 50, 1000}, {"drop", 51, 0}, {"drop", 52, 0}, {"send", 53, 1001}},
		"drop first":           {{"open a", 50, 0}, {"drop", 50, 0}, {"send", 51, 1000}},
		"drop is not sent":     {{"open a", 50, 0}, {"send", 50, 1000}, {"drop", 51, 0}, {"send", 52, 1001}, {"send", 51, 0}},
		"loss before a drop":   {{"open a", 50, 0}, {"send", 50, 1000}, {"drop", 52, 0}, {"send", 53, 1002}, {"send", 51, 1001}},
		"loss after a drop":    {{"open a", 50, 0}, {"send", 50, 1000}, {"drop", 51, 0}, {"send", 53, 1002}, {"send", 52, 1001}},
		"drop of a late one":   {{"open a", 50, 0}, {"send", 50, 1000}, {"send", 52, 1002}, {"drop", 51, 0}, {"send", 53, 1003}},
		"older than the start": {{"open a", 50, 0}, {"send", 50, 1000}, {"send", 49, 0}},
		"switch":               {{"open a", 50, 0}, {"send", 50, 1000}, {"open b", 900, 0}, {"send", 900, 1001}, {"send", 901, 1002}},
		"late after a switch":  {{"open a", 50, 0}, {"send", 52, 1002}, {"open b", 900, 0}, {"send", 900, 1003}, {"send", 51, 0}},
		"switch with nothing":  {{"open a", 50, 0}, {"open b", 900, 0}, {"send", 900, 1000}},
		"switch after a drop":  {{"open a", 50, 0}, {"send", 50, 1000}, {"drop", 51, 0}, {"open b", 9, 0}, {"send", 9, 1001}},
		"there and back":       {{"open a", 50, 0}, {"send", 50, 1000}, {"open b", 9, 0}, {"send", 9, 1001}, {"open a", 70, 0}, {"send", 70, 1002}, {"send", 50, 0}},
		"late over a format":   {{"open a", 50, 0}, {"send", 52, 1002}, {"open a", 60, 0}, {"send", 60, 1003}, {"send", 51, 1001}, {"send", 55, 0}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) { runSteps(t, steps) })
	}
}

func TestSpansSource(t *testing.T) {
	m := runSteps(t, []step{
		{"open a", 50, 0},
		{"send", 50, 1000},
		{"send", 53, 1003},
		{"drop", 54, 0},
		{"send", 55, 1004},
		{"open b", 900, 0},
		{"send", 900, 1005},
		{"drop", 901, 0},
		{"drop", 902, 0},
		{"send", 903, 1006},
		{"drop", 904, 0},
	})
	want := map[uint16]string{
		999: "-", 1000: "a50", 1001: "a51", 1003: "a53", 1004: "a55", 1005: "b900", 1006: "b903", 1007: "-", 33000: "-", 40000: "-",
	}
	for out, w := range want {
		got := "-"
		if s, in := m.source(out); s != nil {
			got = fmt.Sprint(s.encoding.rid, in)
		}
		if got != w {
			t.Errorf("%d is %s, want %s", out, got, w)
		}
	}
}

func TestSpansLast(t *testing.T) {
	m, a, b := testSpans()
	steps := []struct {
		do          func()
		lastA, want int64
	}{
		{func() {}, -1, -1},
		{func() { m.open(span{encoding: a}, 70000); m.forward(a, 70005) }, 70005, -1},
		{func() { m.open(span{encoding: b}, 66000); m.forward(b, 66000) }, 70005, 66000},
		{func() { m.drop(66001, frameMark{}, 0) }, 70005, 66001},
		{func() { a.ended.Store(true); m.forget() }, -1, 66001},
	}
	for i, s := range steps {
		s.do()
		if la, lb := m.last(a), m.last(b); la != s.lastA || lb != s.want {
			t.Errorf("step %d: %d and %d, want %d and %d", i, la, lb, s.lastA, s.want)
		}
	}
}

// A drop must not change what an earlier packet is sent again as.
func TestSpansDropKeepsTheSent(t *testing.T) {
	m, a, _ := testSpans()
	m.open(span{encoding: a, pictureID: 5}, 50)
	m.forward(a, 50)
	m.drop(51, frameMark{51, true}, 1)
	m.drop(52, frameMark{52, true}, 1)
	m.forward(a, 53)
	for out, want := range map[uint16]uint16{1000: 5, 1001: 3} {
		if s, _ := m.source(out); s == nil || s.pictureID != want {
			t.Errorf("%d: %+v, want picture id plus %d", out, s, want)
		}
	}
}

func TestSpansBlank(t *testing.T) {
	m, a, _ := testSpans()
	m.open(span{encoding: a}, 50)
	m.forward(a, 50)
	// 51 and 53 are of one frame, 52 of it came late; 49 and 54 are of others.
	m.drop(51, frameMark{7, true}, 1)
	m.drop(53, frameMark{7, true}, 0)
	m.forward(a, 54)
	s, out := m.forward(a, 52)
	if s == nil || out != 1001 || !s.blank(&Packet{timestamp: 7}) || s.blank(&Packet{timestamp: 8}) {
		t.Errorf("late rest of a dropped frame: %d %+v", out, s)
	}
	if s, _ := m.forward(a, 50); s.blank(&Packet{timestamp: 6}) || !s.blank(&Packet{timestamp: 7}) {
		t.Error("before the dropped frame")
	}
}

func TestSpansRebase(t *testing.T) {
	m, a, _ := testSpans()
	m.rebase(1, 2, false) // of nothing
	m.open(span{encoding: a, payloadType: 1, timestamp: 9}, 50)
	m.forward(a, 51)
	m.drop(52, frameMark{}, 0)
	m.rebase(101, 102, true)
	if s, _ := m.source(1001); s != nil {
		t.Error("a packet from before can be sent again")
	}
	s, out := m.forward(a, 53)
	if out != 1002 || s.payloadType != 101 || s.rtxPayloadType != 102 || !s.primary || s.timestamp != 9 {
		t.Errorf("goes on as %d %+v", out, s)
	}
}

func TestSpansAreBounded(t *testing.T) {
	m, a, _ := testSpans()
	m.open(span{encoding: a}, 0)
	for in := int64(0); in < 10*maxSpans; in += 2 {
		m.forward(a, in)
		m.drop(in+1, frameMark{}, 0)
	}
	if len(m.list) != maxSpans {
		t.Errorf("%d spans", len(m.list))
	}
}
