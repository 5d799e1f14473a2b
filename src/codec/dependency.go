package codec

// Dependency is what one dependency descriptor tells of the frame that its packet
// is of (AV1 RTP appendix A).
type Dependency struct {
	First, Last bool // packet of the frame
	TemplateID  uint8
	FrameNumber uint16
	// HasStructure: this is the first packet of a coded video sequence; a decoder
	// can start here.
	HasStructure bool
	// Known: the template is in the structure, so that the fields below are told.
	// Without it the structure was lost, or is still to come.
	Known             bool
	Temporal, Spatial uint8
	// SwitchUp: a sink that was sent what this frame depends on may from here on
	// take the temporal layers up to SwitchTemporal of this spatial layer (section
	// A.7). A frame of layer 0 mostly opens all of them; one of a layer that the
	// sink does not have yet opens none for it.
	SwitchUp       bool
	SwitchTemporal uint8
	// Discardable: no frame of any decode target depends on this one.
	Discardable bool
	// ActiveTargets has bit i set while decode target i is produced (section A.4).
	ActiveTargets uint32
	// Width and Height are the largest of this spatial layer, 0 if not told.
	Width, Height uint16

	indications uint64
}

// Indication is the relation of a frame to a decode target: table A.1.
type Indication uint8

// The decode target indications.
const (
	NotPresent  Indication = iota // not of the decode target
	Discardable                   // no frame of the target depends on this one
	Switch                        // all of the target's later frames can be decoded if this one can
	Required
)

// Indication is that for the decode target with this index, 0 to 31; NotPresent
// where unknown.
func (d *Dependency) Indication(target int) Indication {
	if target < 0 || target >= maxTargets {
		return NotPresent
	}
	return Indication(d.indications >> (2 * target) & 3)
}

// RewriteFrameNumber adds delta to the frame number, modulo 2^16, in place: bytes
// 1 and 2 of the descriptor. One too short stays as it is.
func RewriteFrameNumber(ext []byte, delta uint16) {
	if len(ext) < mandatorySize {
		return
	}
	v := uint16(ext[1])<<8 | uint16(ext[2])
	v += delta
	ext[1], ext[2] = byte(v>>8), byte(v)
}

// finish derives what follows from the indications.
func (d *Dependency) finish(s *structure) {
	d.Discardable = d.indications != 0
	for i := range s.targets {
		switch d.Indication(i) {
		case Switch:
			if s.target[i].spatial == d.Spatial {
				d.SwitchUp = true
				d.SwitchTemporal = max(d.SwitchTemporal, s.target[i].temporal)
			}
			d.Discardable = false
		case Required:
			d.Discardable = false
		case NotPresent, Discardable:
		}
	}
}
