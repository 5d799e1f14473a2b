package media

// Extension is an RTP header extension that this package knows (RFC 8285).
type Extension uint8

// The header extensions, by the order in which a packet's values are kept.
// Those up to extForwarded are carried from source to sink under the sink's
// ids; the others belong to one transport and are consumed or made here.
const (
	ExtAudioLevel     Extension = iota // RFC 6464
	ExtOrientation                     // 3GPP TS 26.114 section 7.4.5
	ExtPlayoutDelay                    // in steps of 10 ms, minimum and maximum
	ExtAbsCaptureTime                  // NTP time of capture
	ExtDependency                      // AV1 dependency descriptor
	ExtMID                             // RFC 8843 section 15
	ExtRID                             // RFC 8852
	ExtRepairedRID                     // RFC 8852
	ExtAbsSendTime                     // 24-bit 6.18 seconds
	ExtTransportSeq                    // transport-wide sequence number
	extCount
	extForwarded = ExtDependency + 1
)

// ExtensionURIs lists the URI of each known extension, indexed by Extension.
func ExtensionURIs() [extCount]string {
	return [extCount]string{
		ExtAudioLevel:     "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
		ExtOrientation:    "urn:3gpp:video-orientation",
		ExtPlayoutDelay:   "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
		ExtAbsCaptureTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
		ExtDependency:     "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
		ExtMID:            "urn:ietf:params:rtp-hdrext:sdes:mid",
		ExtRID:            "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
		ExtRepairedRID:    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
		ExtAbsSendTime:    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
		ExtTransportSeq:   "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
	}
}

// ExtensionIDs maps the extensions of one m-line to the ids that were
// negotiated for it. The zero value has none.
type ExtensionIDs struct {
	id   [extCount]uint8 // 0 = not negotiated
	kind [256]Extension  // stored plus one, so that zero means none
}

// Set records that ext has the id (1-255; RFC 8285 section 4.2). 0 is padding's
// and is left out.
func (x *ExtensionIDs) Set(ext Extension, id uint8) {
	if id == 0 {
		return
	}
	x.id[ext] = id
	x.kind[id] = ext + 1
}

// ID is ext's id, 0 where it was not negotiated.
func (x *ExtensionIDs) ID(ext Extension) uint8 { return x.id[ext] }

// SetURI records the id of the extension with that URI; unknown URIs are left out.
func (x *ExtensionIDs) SetURI(uri string, id uint8) {
	for ext, known := range ExtensionURIs() {
		if known == uri {
			x.Set(Extension(ext), id)
		}
	}
}

// extSpan is a byte range within a packet; extension values are short.
type extSpan struct{ off, len uint16 }

// parseExtensions finds the values of known extensions. block is the header
// extension's body, base its offset in the packet, profile its 16-bit "defined
// by profile" field. A malformed rest is left out, as RFC 8285 section 4.2 asks.
func parseExtensions(x *ExtensionIDs, profile uint16, block []byte, base int, out *[extCount]extSpan) {
	twoByte := profile&0xfff0 == 0x1000
	if !twoByte && profile != 0xbede {
		return
	}
	for i := 0; i < len(block); {
		if block[i] == 0 { // padding
			i++
			continue
		}
		var id uint8
		var size int
		if twoByte {
			if i+2 > len(block) {
				return
			}
			id, size = block[i], int(block[i+1])
			i += 2
		} else {
			id, size = block[i]>>4, int(block[i]&0x0f)+1
			// Reserved, and padding that claims a length: both end the block.
			if id == 15 || id == 0 {
				return
			}
			i++
		}
		if i+size > len(block) {
			return
		}
		if ext := x.kind[id]; ext != 0 {
			out[ext-1] = extSpan{uint16(base + i), uint16(size)}
		}
		i += size
	}
}
