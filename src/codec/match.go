package codec

import (
	"strconv"
	"strings"
)

// Match tells whether two fmtp lines of the same codec mean streams that one
// decoder set-up takes. A line is what follows the payload type in a=fmtp, such
// as "profile-id=2", and may be empty. Parameters that cannot be read match only
// the same text.
func Match(id ID, fmtpA, fmtpB string) bool {
	switch id {
	case VP9: // RFC 9628 section 6: without profile-id, 0 is meant
		return sameNumber(fmtpA, fmtpB, "profile-id", "0")
	case AV1: // AV1 RTP section 7.2: without profile, 0 is meant
		return sameNumber(fmtpA, fmtpB, "profile", "0")
	case H264:
		return matchH264(fmtpA, fmtpB)
	case H265: // RFC 7798 section 7.1 for the defaults
		return sameNumber(fmtpA, fmtpB, "profile-space", "0") &&
			sameNumber(fmtpA, fmtpB, "profile-id", "1") &&
			sameNumber(fmtpA, fmtpB, "tier-flag", "0") &&
			strings.EqualFold(parameter(fmtpA, "tx-mode", "SRST"), parameter(fmtpB, "tx-mode", "SRST"))
	case Unknown, Opus, G722, PCMU, PCMA, RED, VP8:
	}
	return true
}

// defaultProfileLevel stands for an H264 line without profile-level-id. RFC 6184
// section 8.1 infers the Baseline profile at level 1; what browsers infer, and
// send, is Constrained Baseline at 3.1, and they are who omits it.
const defaultProfileLevel = "42e01f"

func matchH264(a, b string) bool {
	// RFC 6184 section 8.2.2: the mode is part of the media configuration, 0 if absent.
	if !sameNumber(a, b, "packetization-mode", "0") {
		return false
	}
	textA := parameter(a, "profile-level-id", defaultProfileLevel)
	textB := parameter(b, "profile-level-id", defaultProfileLevel)
	pa, levelA, okA := parseProfileLevel(textA)
	pb, levelB, okB := parseProfileLevel(textB)
	if !okA || !okB {
		return strings.EqualFold(textA, textB)
	}
	if pa != pb {
		return false
	}
	// One side that takes levels of its own choice each way is enough: through a
	// middlebox the two lines belong to different negotiations.
	return levelA == levelB || asymmetric(a) || asymmetric(b)
}

func asymmetric(fmtp string) bool {
	return parameter(fmtp, "level-asymmetry-allowed", "0") == "1"
}

// parseProfileLevel reads the six hexadecimal digits of profile-level-id. Profile
// and level come in a form where equal numbers mean the same thing.
func parseProfileLevel(s string) (profile, level uint16, ok bool) {
	if len(s) != 6 {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(s, 16, 24)
	if err != nil {
		return 0, 0, false
	}
	idc, iop, lvl := uint8(n>>16), uint8(n>>8), uint16(n&0xff)
	level = lvl
	if lvl == 11 && iop&0x10 != 0 && (idc == 0x42 || idc == 0x4d || idc == 0x58) {
		level = 9 // level 1b, by constraint_set3_flag (H.264 annex A.3.4.1)
	}
	return h264Profile(idc, iop), level, true
}

// h264Profile folds the spellings of one profile together: RFC 6184 table 5. A
// combination that the table lacks stands for itself.
func h264Profile(idc, iop uint8) uint16 {
	const (
		constrainedBaseline = 0x4240
		baseline            = 0x4200
		main                = 0x4d00
		extended            = 0x5800
	)
	if iop&0x0f == 0 {
		switch idc {
		case 0x42:
			if iop&0x40 != 0 {
				return constrainedBaseline
			}
			return baseline
		case 0x4d:
			if iop&0x80 != 0 {
				return constrainedBaseline
			}
			if iop&0x20 == 0 {
				return main
			}
		case 0x58:
			switch iop & 0xc0 {
			case 0xc0:
				return constrainedBaseline
			case 0x80:
				return baseline
			case 0:
				return extended
			}
		}
	}
	return uint16(idc)<<8 | uint16(iop)
}

func sameNumber(a, b, key, absent string) bool {
	textA, textB := parameter(a, key, absent), parameter(b, key, absent)
	if textA == textB {
		return true
	}
	x, errX := strconv.ParseUint(textA, 10, 32)
	y, errY := strconv.ParseUint(textB, 10, 32)
	return errX == nil && errY == nil && x == y
}

// parameter finds key in "a=1; b=2", names in any letter case (RFC 4855 section
// 3). The first of several counts.
func parameter(fmtp, key, absent string) string {
	for rest := fmtp; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, ";")
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.TrimSpace(name), key) {
			return strings.TrimSpace(value)
		}
	}
	return absent
}
