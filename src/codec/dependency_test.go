package codec

import (
	"bytes"
	"strings"
	"testing"
)

// descriptor is a dependency descriptor to be written: section A.8.2 of the AV1
// RTP format. Indications are spelled as in table A.1: "-", "D", "S", "R".
type descriptor struct {
	first, last bool
	template    uint32
	frame       uint32

	extended bool
	layers   []uint32 // next_layer_idc; empty is no structure
	offset   uint32
	dtis     []string // one a template
	fdiffs   [][]uint32
	chains   uint32
	sizes    [][2]uint32

	active    uint32 // bitmask; 0 is none
	targets   int    // where there is no structure
	custom    string // indications
	customDif bool
}

func (d descriptor) bytes() []byte {
	var w bitWriter
	w.put(flag(d.first), 1)
	w.put(flag(d.last), 1)
	w.put(d.template, 6)
	w.put(d.frame, 16)
	if !d.extended {
		return w.data
	}
	w.put(flag(len(d.layers) > 0), 1)
	w.put(flag(d.active != 0), 1)
	w.put(flag(d.custom != ""), 1)
	w.put(flag(d.customDif), 1)
	w.put(0, 1)
	if len(d.layers) > 0 {
		d.targets = len(d.dtis[0])
		d.putStructure(&w)
	}
	if d.active != 0 {
		w.put(d.active, d.targets)
	}
	putIndications(&w, d.custom)
	if d.customDif {
		w.put(1, 2)
		w.put(0, 4)
		w.put(0, 2)
	}
	return w.data
}

func (d descriptor) putStructure(w *bitWriter) {
	w.put(d.offset, 6)
	w.put(uint32(d.targets-1), 5)
	for _, idc := range d.layers {
		w.put(idc, 2)
	}
	for _, s := range d.dtis {
		putIndications(w, s)
	}
	for i := range d.layers {
		if i < len(d.fdiffs) {
			for _, f := range d.fdiffs[i] {
				w.put(1, 1)
				w.put(f-1, 4)
			}
		}
		w.put(0, 1)
	}
	w.ns(uint32(d.targets+1), d.chains)
	if d.chains > 0 {
		for range d.targets {
			w.ns(d.chains, d.chains-1)
		}
		for range d.layers {
			for range d.chains {
				w.put(4, 4)
			}
		}
	}
	w.put(flag(len(d.sizes) > 0), 1)
	for _, s := range d.sizes {
		w.put(s[0]-1, 16)
		w.put(s[1]-1, 16)
	}
}

func putIndications(w *bitWriter, s string) {
	for _, c := range s {
		w.put(uint32(strings.IndexRune("-DSR", c)), 2)
	}
}

// l1t3 is the structure of the specification's example L1T3, with a key frame.
func l1t3() descriptor {
	return descriptor{
		first: true, last: true, template: 10, frame: 100,
		extended: true, offset: 10, layers: []uint32{0, 1, 1, 0, 3},
		dtis:   []string{"SSS", "SSS", "-DS", "--D", "--D"},
		fdiffs: [][]uint32{nil, {4}, {2}, {1}, {1}},
		chains: 1, sizes: [][2]uint32{{1280, 720}},
	}
}

// l2t2 has two spatial and two temporal layers, each of four templates a target.
func l2t2() descriptor {
	return descriptor{
		first: true, template: 0, frame: 7,
		extended: true, layers: []uint32{1, 2, 1, 3},
		dtis:   []string{"SSSS", "-D-R", "--SS", "---D"},
		fdiffs: [][]uint32{nil, {2}, {1}, {2, 1}},
		chains: 2, sizes: [][2]uint32{{320, 180}, {640, 360}},
	}
}

func TestDependency(t *testing.T) {
	type step struct {
		name string
		in   descriptor
		want Dependency
	}
	key := Dependency{
		First: true, Last: true, TemplateID: 10, FrameNumber: 100, HasStructure: true, Known: true,
		SwitchUp: true, SwitchTemporal: 2, ActiveTargets: 7, Width: 1280, Height: 720,
	}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"L1T3", []step{
			{
				"delta before a structure",
				descriptor{first: true, template: 11, frame: 99},
				Dependency{First: true, TemplateID: 11, FrameNumber: 99},
			},
			{
				"extended, before a structure",
				descriptor{template: 11, frame: 99, extended: true, active: 1, targets: 3},
				Dependency{TemplateID: 11, FrameNumber: 99},
			},
			{"key frame", l1t3(), key},
			{
				"layer 2 is discardable",
				descriptor{first: true, last: true, template: 13, frame: 101},
				Dependency{
					First: true, Last: true, TemplateID: 13, FrameNumber: 101, Known: true, Temporal: 2,
					Discardable: true, ActiveTargets: 7, Width: 1280, Height: 720,
				},
			},
			{
				"layer 1 opens layer 2",
				descriptor{first: true, template: 12, frame: 102},
				Dependency{
					First: true, TemplateID: 12, FrameNumber: 102, Known: true, Temporal: 1, SwitchUp: true,
					SwitchTemporal: 2, ActiveTargets: 7, Width: 1280, Height: 720,
				},
			},
			{
				"layer 0 opens all",
				descriptor{last: true, template: 11, frame: 104},
				Dependency{
					Last: true, TemplateID: 11, FrameNumber: 104, Known: true, SwitchUp: true,
					SwitchTemporal: 2, ActiveTargets: 7, Width: 1280, Height: 720,
				},
			},
			{
				"active targets",
				descriptor{template: 11, frame: 108, extended: true, active: 3, targets: 3},
				Dependency{
					TemplateID: 11, FrameNumber: 108, Known: true, SwitchUp: true, SwitchTemporal: 2,
					ActiveTargets: 3, Width: 1280, Height: 720,
				},
			},
			{
				"active targets stay",
				descriptor{template: 12, frame: 110},
				Dependency{
					TemplateID: 12, FrameNumber: 110, Known: true, Temporal: 1, SwitchUp: true,
					SwitchTemporal: 2, ActiveTargets: 3, Width: 1280, Height: 720,
				},
			},
			{
				"indications of its own",
				descriptor{template: 11, frame: 112, extended: true, custom: "RRR", customDif: true},
				Dependency{TemplateID: 11, FrameNumber: 112, Known: true, ActiveTargets: 3, Width: 1280, Height: 720},
			},
			{"unknown template", descriptor{template: 15, frame: 113}, Dependency{TemplateID: 15, FrameNumber: 113}},
			{"template below the offset", descriptor{template: 9, frame: 113}, Dependency{TemplateID: 9, FrameNumber: 113}},
			{"the key frame once more, late", l1t3(), key},
		}},
		{"L2T2", []step{
			{
				"key frame", l2t2(),
				Dependency{
					First: true, FrameNumber: 7, HasStructure: true, Known: true, SwitchUp: true,
					SwitchTemporal: 1, ActiveTargets: 15, Width: 320, Height: 180,
				},
			},
			{
				"upper spatial layer",
				descriptor{template: 2, frame: 8},
				Dependency{
					TemplateID: 2, FrameNumber: 8, Known: true, Spatial: 1, SwitchUp: true,
					SwitchTemporal: 1, ActiveTargets: 15, Width: 640, Height: 360,
				},
			},
			{
				"layer 1 that the upper layer needs",
				descriptor{template: 1, frame: 9},
				Dependency{TemplateID: 1, FrameNumber: 9, Known: true, Temporal: 1, ActiveTargets: 15, Width: 320, Height: 180},
			},
			{
				"top",
				descriptor{template: 3, frame: 10},
				Dependency{
					TemplateID: 3, FrameNumber: 10, Known: true, Temporal: 1, Spatial: 1, Discardable: true,
					ActiveTargets: 15, Width: 640, Height: 360,
				},
			},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p DependencyParser
			for _, s := range c.steps {
				got, ok := p.Parse(s.in.bytes())
				got.indications = 0
				if !ok || got != s.want {
					t.Errorf("%s: ok %v\n got %+v\nwant %+v", s.name, ok, got, s.want)
				}
			}
		})
	}
}

func TestDependencyIndications(t *testing.T) {
	var p DependencyParser
	if _, ok := p.Parse(l2t2().bytes()); !ok {
		t.Fatal("structure refused")
	}
	d, _ := p.Parse(descriptor{template: 1, frame: 8}.bytes())
	for target, want := range map[int]Indication{-1: NotPresent, 0: NotPresent, 1: Discardable, 2: NotPresent, 3: Required, 4: NotPresent, 32: NotPresent} {
		if got := d.Indication(target); got != want {
			t.Errorf("target %d: %d, want %d", target, got, want)
		}
	}
}

func TestDependencyStructureReplaced(t *testing.T) {
	var p DependencyParser
	parse := func(d descriptor) Dependency {
		t.Helper()
		got, ok := p.Parse(d.bytes())
		if !ok {
			t.Fatalf("refused: %+v", d)
		}
		return got
	}
	parse(l1t3())
	second := l2t2()
	second.template, second.offset, second.frame = 20, 20, 200
	parse(second)
	if d := parse(descriptor{template: 12, frame: 201}); d.Known {
		t.Error("a template of the structure before is still known")
	}
	if d := parse(l1t3()); !d.Known || d.Width != 1280 { // retransmitted
		t.Errorf("a late structure explains its own packet: %+v", d)
	}
	if d := parse(descriptor{template: 22, frame: 202}); !d.Known || d.Spatial != 1 || d.ActiveTargets != 15 {
		t.Errorf("a late structure replaced the newer one: %+v", d)
	}
	// The frame number comes round while the structure stays.
	for frame := uint32(202); frame < 1<<16+300; frame += 50 {
		if d := parse(descriptor{template: 20, frame: frame & 0xffff}); !d.Known {
			t.Fatalf("frame %d: %+v", frame, d)
		}
	}
	again := l1t3()
	again.frame = 150 // behind 200, but 65486 frames later
	parse(again)
	if d := parse(descriptor{template: 12, frame: 151}); !d.Known || d.Temporal != 1 {
		t.Errorf("a structure after the frame number came round was taken for late: %+v", d)
	}
	restarted := l2t2()
	restarted.frame = 60000
	parse(restarted)
	if d := parse(descriptor{template: 2, frame: 60001}); !d.Known || d.Spatial != 1 {
		t.Errorf("a sender that began anew was taken for late: %+v", d)
	}
}

func TestDependencyMalformed(t *testing.T) {
	deepSpatial := l1t3()
	deepSpatial.layers = []uint32{2, 2, 2, 2, 3}
	deepTemporal := l1t3()
	deepTemporal.layers = []uint32{1, 1, 1, 1, 1, 1, 1, 1, 3}
	endless := l1t3()
	endless.layers = make([]uint32, 65)
	foreign := l1t3()
	foreign.template = 3
	for _, c := range []struct {
		name string
		ext  []byte
	}{
		{"empty", nil},
		{"two bytes", []byte{0xc0, 0x00}},
		{"more spatial layers than AV1 has", deepSpatial.bytes()},
		{"more temporal layers than AV1 has", deepTemporal.bytes()},
		{"more templates than ids", endless.bytes()},
		{"structure without the template that uses it", foreign.bytes()},
		{"active targets cut off", descriptor{template: 11, frame: 1, extended: true, active: 7, targets: 3}.bytes()[:4]},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p DependencyParser
			wide := l1t3() // 32 targets: the mask does not fit the byte of flags
			wide.dtis = []string{strings.Repeat("S", 32), strings.Repeat("S", 32), strings.Repeat("S", 32), strings.Repeat("S", 32), strings.Repeat("S", 32)}
			if d, ok := p.Parse(wide.bytes()); !ok || d.ActiveTargets != 1<<32-1 {
				t.Fatalf("structure of 32 targets: %+v, %v", d, ok)
			}
			if d, ok := p.Parse(c.ext); ok || d != (Dependency{}) {
				t.Errorf("Parse(% x) = %+v, %v", c.ext, d, ok)
			}
			if d, ok := p.Parse(descriptor{template: 12, frame: 101}.bytes()); !ok || !d.Known || d.Temporal != 1 {
				t.Errorf("what was remembered is spoilt: %+v, %v", d, ok)
			}
		})
	}
	whole := l1t3().bytes()
	for n := 4; n < len(whole); n++ {
		var p DependencyParser
		if d, ok := p.Parse(whole[:n]); ok {
			t.Errorf("%d of %d bytes: %+v", n, len(whole), d)
		}
	}
}

func TestRewriteFrameNumber(t *testing.T) {
	for _, c := range []struct {
		in    []byte
		delta uint16
		want  []byte
	}{
		{[]byte{0xc1, 0x01, 0x72, 0x80}, 0x100, []byte{0xc1, 0x02, 0x72, 0x80}},
		{[]byte{0xc1, 0xff, 0xff}, 2, []byte{0xc1, 0x00, 0x01}},
		{[]byte{0xc1, 0xff}, 2, []byte{0xc1, 0xff}},
		{nil, 2, nil},
	} {
		got := bytes.Clone(c.in)
		if RewriteFrameNumber(got, c.delta); !bytes.Equal(got, c.want) {
			t.Errorf("RewriteFrameNumber(% x, %d) = % x, want % x", c.in, c.delta, got, c.want)
		}
	}
}
