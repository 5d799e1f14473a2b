package media

import (
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"testing"
)

func TestParseExtensions(t *testing.T) {
	ids := extensionIDs(map[Extension]uint8{ExtAudioLevel: 1, ExtMID: 4, ExtRID: 14, ExtDependency: 200})
	tests := map[string]struct {
		profile uint16
		block   string // hex
		want    map[Extension]string
	}{
		"none":                          {0xbede, "", nil},
		"one byte":                      {0xbede, "10 aa 41 6162 000000", map[Extension]string{ExtAudioLevel: "aa", ExtMID: "6162"}},
		"padding between":               {0xbede, "0000 10 aa 00 41 6162 00", map[Extension]string{ExtAudioLevel: "aa", ExtMID: "6162"}},
		"16 bytes":                      {0xbede, "ef 000102030405060708090a0b0c0d0e0f", map[Extension]string{ExtRID: "000102030405060708090a0b0c0d0e0f"}},
		"unknown ids":                   {0xbede, "20 01 31 0102 10 bb", map[Extension]string{ExtAudioLevel: "bb"}},
		"the last of two":               {0xbede, "10 aa 10 bb", map[Extension]string{ExtAudioLevel: "bb"}},
		"id 15 ends it":                 {0xbede, "10 aa f0 00 41 6162", map[Extension]string{ExtAudioLevel: "aa"}},
		"padding with a length ends it": {0xbede, "10 aa 02 41 6162", map[Extension]string{ExtAudioLevel: "aa"}},
		"cut short":                     {0xbede, "10 aa 43 6162", map[Extension]string{ExtAudioLevel: "aa"}},
		"cut after the id":              {0xbede, "10 aa 40", map[Extension]string{ExtAudioLevel: "aa"}},
		"two bytes":                     {0x1000, "01 01 aa c8 03 010203", map[Extension]string{ExtAudioLevel: "aa", ExtDependency: "010203"}},
		"two bytes, application bits":   {0x100f, "01 01 aa", map[Extension]string{ExtAudioLevel: "aa"}},
		"two bytes, empty":              {0x1000, "01 00 04 01 61", map[Extension]string{ExtMID: "61"}},
		"two bytes, padding":            {0x1000, "00 00 04 01 61 00", map[Extension]string{ExtMID: "61"}},
		"two bytes, cut short":          {0x1000, "04 01 61 01 02 aa", map[Extension]string{ExtMID: "61"}},
		"two bytes, no length":          {0x1000, "04 01 61 01", map[Extension]string{ExtMID: "61"}},
		"another profile":               {0xabcd, "10 aa 41 6162", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			block, err := hex.DecodeString(strings.ReplaceAll(tt.block, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			packet := append(make([]byte, 16), block...)
			var found [extCount]extSpan
			parseExtensions(&ids, tt.profile, packet[16:], 16, &found)
			got := map[Extension]string{}
			for ext, s := range found {
				if s.len > 0 {
					got[Extension(ext)] = fmt.Sprintf("%x", packet[s.off:s.off+s.len])
				}
			}
			if !maps.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

func TestExtensionIDs(t *testing.T) {
	var ids ExtensionIDs
	ids.Set(ExtMID, 0)
	if ids.kind[0] != 0 {
		t.Error("id 0 means something")
	}
	uris := map[string]bool{}
	for ext, uri := range ExtensionURIs() {
		if uri == "" || uris[uri] {
			t.Errorf("extension %d has the URI %q", ext, uri)
		}
		uris[uri] = true
		ids.SetURI(uri, uint8(ext+1))
	}
	ids.SetURI("urn:unknown", 99)
	for ext := range extCount {
		if ids.ID(ext) != uint8(ext)+1 {
			t.Errorf("extension %d has id %d", ext, ids.ID(ext))
		}
	}
	if ids.kind[99] != 0 {
		t.Error("an unknown URI has an id")
	}
}

// Extensions keep their values and take the viewer's ids; those of the
// publisher's transport alone stay with it.
func TestExtensionsAreMapped(t *testing.T) {
	b := newTestbed(t, Options{})
	p := b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}, audio: []Declared{{SSRC: 2}}})
	v := b.viewer()
	v.watch(p)
	s := p.vp8(1)
	s.ext = map[Extension]string{ExtOrientation: "\x03", ExtMID: "1", ExtTransportSeq: "\x00\x05"}
	s.frame(true, 1)
	p.send(packet{ssrc: 2, pt: 111, seq: 1, payload: []byte("x"), ext: map[Extension]string{ExtAudioLevel: "\x9f", ExtMID: "0"}})
	video, audio := v.take(viewerVideo)[0], v.take(viewerAudio)[0]
	at := absSendTime(b.now())
	send := string([]byte{byte(at >> 16), byte(at >> 8), byte(at)})
	for name, tt := range map[string]struct {
		got  out
		want map[uint8]string
	}{
		"video": {video, map[uint8]string{2: "\x03", 5: send}},
		"audio": {audio, map[uint8]string{7: "\x9f", 5: send}},
	} {
		got := map[uint8]string{}
		for _, id := range tt.got.GetExtensionIDs() {
			got[id] = string(tt.got.GetExtension(id))
		}
		if !maps.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
