package codec

import (
	"bytes"
	"testing"
)

func TestAudio(t *testing.T) {
	for _, id := range []ID{Opus, G722, PCMU, PCMA, RED} {
		want := Info{KeyFrame: true, Start: true, End: true, Switchable: true}
		for _, marker := range []bool{false, true} {
			if got := Inspect(id, []byte{0x78, 1, 2, 3}, marker); got != want {
				t.Errorf("Inspect(%v, marker %v) = %+v", id, marker, got)
			}
		}
	}
}

func TestOpusDTX(t *testing.T) {
	for _, c := range []struct {
		payload []byte
		want    bool
	}{
		{nil, false}, {[]byte{0x78}, true}, {[]byte{0x78, 0x00}, true}, {[]byte{0x78, 0x01, 0x02}, false},
	} {
		if got := OpusDTX(c.payload); got != c.want {
			t.Errorf("OpusDTX(% x) = %v", c.payload, got)
		}
	}
}

func TestREDPrimary(t *testing.T) {
	for _, c := range []struct {
		name    string
		payload []byte
		primary []byte
		ok      bool
	}{
		{"primary alone", []byte{0x6f, 1, 2, 3}, []byte{1, 2, 3}, true},
		{"one redundant block", []byte{0xef, 0x0f, 0x00, 0x02, 0x6f, 9, 9, 1, 2, 3}, []byte{1, 2, 3}, true},
		{"two redundant blocks", []byte{0xef, 0x1e, 0x00, 0x01, 0xef, 0x0f, 0x00, 0x02, 0x6f, 8, 9, 9, 1}, []byte{1}, true},
		{"length of ten bits", append([]byte{0xef, 0x0f, 0x01, 0x00, 0x6f}, append(make([]byte, 256), 7)...), []byte{7}, true},
		{"offset bits are no length", []byte{0xef, 0xff, 0xfc, 0x01, 0x6f, 9, 7}, []byte{7}, true},
		{"empty primary", []byte{0xef, 0x0f, 0x00, 0x01, 0x6f, 9}, []byte{}, true},
		{"empty", nil, nil, false},
		{"block header cut off", []byte{0xef, 0x0f, 0x00}, nil, false},
		{"no primary header", []byte{0xef, 0x0f, 0x00, 0x00}, nil, false},
		{"redundant block cut off", []byte{0xef, 0x0f, 0x00, 0x03, 0x6f, 9, 9}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := REDPrimary(c.payload)
			if ok != c.ok || !bytes.Equal(got, c.primary) {
				t.Errorf("REDPrimary(% x) = % x, %v", c.payload, got, ok)
			}
		})
	}
}

func TestAudioLevel(t *testing.T) {
	for _, c := range []struct {
		ext   []byte
		level uint8
		voice bool
		ok    bool
	}{
		{[]byte{0x00}, 0, false, true},
		{[]byte{0x80}, 0, true, true},
		{[]byte{0xff}, 127, true, true},
		{[]byte{0x1e}, 30, false, true},
		{nil, 0, false, false},
		{[]byte{0x80, 0x00}, 0, false, false},
	} {
		level, voice, ok := AudioLevel(c.ext)
		if level != c.level || voice != c.voice || ok != c.ok {
			t.Errorf("AudioLevel(% x) = %d, %v, %v", c.ext, level, voice, ok)
		}
	}
}
