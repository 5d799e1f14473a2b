package media

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestParseHeader(t *testing.T) {
	const fixed = "8060 1234 01020304 0a0b0c0d "
	tests := map[string]struct {
		packet  string // hex
		ok      bool
		payload string
		ext     string
	}{
		"empty":                    {"", false, "", ""},
		"11 bytes":                 {"8060 1234 01020304 0a0b0c", false, "", ""},
		"version 1":                {"4060 1234 01020304 0a0b0c0d", false, "", ""},
		"no payload":               {fixed, true, "", ""},
		"payload":                  {fixed + "aabb", true, "aabb", ""},
		"contributors":             {"8260 1234 01020304 0a0b0c0d 00000001 00000002 aa", true, "aa", ""},
		"contributors cut short":   {"8260 1234 01020304 0a0b0c0d 00000001", false, "", ""},
		"extension":                {"9060 1234 01020304 0a0b0c0d bede0001 10aa0000 cc", true, "cc", "10aa0000"},
		"extension of nothing":     {"9060 1234 01020304 0a0b0c0d bede0000 cc", true, "cc", ""},
		"extension without length": {"9060 1234 01020304 0a0b0c0d bede", false, "", ""},
		"extension too long":       {"9060 1234 01020304 0a0b0c0d bede0002 10aa0000", false, "", ""},
		"extension of 256 KiB":     {"9060 1234 01020304 0a0b0c0d bedeffff 10aa0000", false, "", ""},
		"padding":                  {"a060 1234 01020304 0a0b0c0d aabb 000003", true, "aabb", ""},
		"padding alone":            {"a060 1234 01020304 0a0b0c0d 00000004", true, "", ""},
		"padding of 0":             {"a060 1234 01020304 0a0b0c0d aabb00", false, "", ""},
		"padding too long":         {"a060 1234 01020304 0a0b0c0d aabb04", false, "", ""},
		"padding over the header":  {"a060 1234 01020304 0a0b0c0d", false, "", ""},
		"all of it":                {"b160 1234 01020304 0a0b0c0d 00000001 bede0001 10aa0000 ccdd 02 02", true, "ccdd", "10aa0000"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := hex.DecodeString(strings.ReplaceAll(tt.packet, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			h, ok := parseHeader(b)
			if ok != tt.ok {
				t.Fatalf("ok is %v", ok)
			}
			if !ok {
				return
			}
			if got := hex.EncodeToString(b[h.payload.off : h.payload.off+h.payload.len]); got != tt.payload {
				t.Errorf("payload %s, want %s", got, tt.payload)
			}
			if got := hex.EncodeToString(b[h.ext.off : h.ext.off+h.ext.len]); got != tt.ext {
				t.Errorf("extension %s, want %s", got, tt.ext)
			}
			if h.payloadType != 0x60 || h.marker || h.seq != 0x1234 || h.timestamp != 0x01020304 || h.ssrc != 0x0a0b0c0d {
				t.Errorf("header %+v", h)
			}
		})
	}
}

func TestParseHeaderSize(t *testing.T) {
	for size, want := range map[int]bool{12: true, maxPacket: true, maxPacket + 1: false} {
		b := make([]byte, size)
		b[0], b[1] = 0x80, 0xe0
		if h, ok := parseHeader(b); ok != want || ok && (!h.marker || h.payloadType != 0x60) {
			t.Errorf("%d bytes: %v", size, ok)
		}
	}
}
