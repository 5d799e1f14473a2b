package codec

// OpusDTX tells whether an Opus payload is a frame of silence: the table of
// contents byte and at most one more, which is what an encoder makes of a pause
// that need not be sent (RFC 7587 section 3.1.3, RFC 6716 section 2.1.9).
func OpusDTX(payload []byte) bool { return len(payload) == 1 || len(payload) == 2 }

// REDPrimary finds the primary block of a RED payload (RFC 2198 section 3): the
// last one, whose length is what the redundant blocks before it leave. False if
// the blocks do not fit the payload.
func REDPrimary(payload []byte) ([]byte, bool) {
	const more = 0x80
	i, redundant := 0, 0
	for i < len(payload) && payload[i]&more != 0 {
		if len(payload)-i < 4 {
			return nil, false
		}
		redundant += int(payload[i+2]&3)<<8 | int(payload[i+3])
		i += 4
	}
	i += 1 + redundant // the primary block's header is one byte
	if i > len(payload) {
		return nil, false
	}
	return payload[i:], true
}

// AudioLevel reads the client-to-mixer audio level extension (RFC 6464 section 3):
// level is in -dBov, from 0, the loudest, to 127, silence; voice is the sender's
// voice activity flag.
func AudioLevel(ext []byte) (level uint8, voice, ok bool) {
	if len(ext) != 1 {
		return 0, false, false
	}
	return ext[0] & 0x7f, ext[0]&0x80 != 0, true
}
