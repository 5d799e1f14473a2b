package media

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is what a receiver sees of spans.
type model struct {
	spans     spans
	encodings []*Encoding
	current   *Encoding
	next      map[*Encoding]int64          // the publisher's next number
	unsent    map[*Encoding]map[int64]bool // lost, may still come
	from      int64                        // of the current encoding: older ones are not handed on
	outs      map[int64]source             // what each outgoing number was
	sentAs    map[source]int64             // and the other way round
	lost      map[source]bool              // ever
	mapping   map[int64]span               // by which it was sent
}

// source is a packet that came in.
type source struct {
	encoding *Encoding
	in       int64
}

// TestSpansProperty: whatever is forwarded, dropped, lost, late and switched,
// no outgoing number is given to two packets, there is no hole that is not a
// lost packet, and what may be sent again is what was sent.
func TestSpansProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(65530, 1<<17).Draw(t, "start")
		m := &model{
			spans: spans{newestOut: start}, next: map[*Encoding]int64{}, unsent: map[*Encoding]map[int64]bool{},
			outs: map[int64]source{}, sentAs: map[source]int64{}, lost: map[source]bool{}, mapping: map[int64]span{},
		}
		for range rapid.IntRange(1, 3).Draw(t, "encodings") {
			e := &Encoding{}
			m.encodings = append(m.encodings, e)
			m.next[e] = rapid.Int64Range(65536, 131072).Draw(t, "first")
			m.unsent[e] = map[int64]bool{}
		}
		m.switchTo(t)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"send", "send", "send", "drop", "lose", "late", "switch", "format"}).Draw(t, "step") {
			case "send":
				m.forward(t, m.take())
			case "drop":
				m.spans.drop(m.take(), frameMark{}, 1)
			case "lose":
				for range rapid.IntRange(1, 5).Draw(t, "lost") {
					in := m.take()
					m.unsent[m.current][in], m.lost[source{m.current, in}] = true, true
				}
			case "late":
				late := slices.Sorted(maps.Keys(m.unsent[m.current]))
				if len(late) == 0 {
					continue
				}
				in := rapid.SampledFrom(late).Draw(t, "late")
				delete(m.unsent[m.current], in)
				if in >= m.from { // the sink does not hand on what is older
					m.forward(t, in)
				}
			case "switch":
				m.switchTo(t)
			case "format":
				in := m.take()
				m.spans.open(span{encoding: m.current}, in)
				m.forward(t, in)
			}
			m.check(t, start)
		}
	})
}

func (m *model) take() int64 {
	in := m.next[m.current]
	m.next[m.current]++
	return in
}

func (m *model) switchTo(t *rapid.T) {
	m.current = m.encodings[rapid.IntRange(0, len(m.encodings)-1).Draw(t, "to")]
	in := m.take()
	m.spans.open(span{encoding: m.current, pictureID: uint16(in)}, in)
	m.from = in
	m.forward(t, in)
}

func (m *model) forward(t *rapid.T, in int64) {
	src := source{m.current, in}
	newest := in > m.spans.newestIn
	s, out := m.spans.forward(m.current, in)
	if s == nil {
		if newest {
			t.Fatalf("the newest packet %d is not sent", in)
		}
		return
	}
	if other, taken := m.outs[out]; taken {
		t.Fatalf("%d is %v and %v", out, other, src)
	}
	if other, sent := m.sentAs[src]; sent {
		t.Fatalf("%v goes out as %d and %d", src, other, out)
	}
	m.outs[out], m.sentAs[src], m.mapping[out] = src, out, *s
}

func (m *model) check(t *rapid.T, start int64) {
	for out := max(start+1, m.spans.newestOut-200); out <= m.spans.newestOut; out++ {
		s, in := m.spans.source(uint16(out))
		src, sent := m.outs[out]
		switch {
		case !sent && s != nil && !m.lost[source{s.encoding, in}]:
			t.Fatalf("%d is a hole for %d, which was not lost", out, in)
		case s == nil && m.spans.list[0].fromOut <= out:
			t.Fatalf("%d (%v, sent: %v) is nothing", out, src, sent)
		case s == nil || !sent:
		case s.encoding != src.encoding || in != src.in:
			t.Fatalf("%d was %v and would be sent again as %d", out, src, in)
		case s.pictureID != m.mapping[out].pictureID || s.timestamp != m.mapping[out].timestamp:
			t.Fatalf("%d was sent by %+v and would be sent again by %+v", out, m.mapping[out], *s)
		}
	}
}
