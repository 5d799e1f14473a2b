package codec

// DependencyParser reads the dependency descriptors of one RTP stream. It
// remembers the structure that came last and the active decode targets. The zero
// value is ready; assign it to begin anew.
type DependencyParser struct {
	valid  bool
	since  uint16 // frame number that held came with
	held   structure
	active uint32
	spare  structure // where a new one is read, lest a broken one spoils held
}

// lateFrames is how far behind the structure held a frame with another may be to
// count as late (a retransmission) instead of as a sender that began anew. 256
// frames are 4 s at 60 frames/s, more than the history any sender retransmits
// from.
const lateFrames = 256

// Parse reads one extension, without its id and length. False means that it is cut
// off or malformed; what is remembered stays. A descriptor whose template is not
// known is no error: see Dependency.Known.
func (p *DependencyParser) Parse(ext []byte) (Dependency, bool) {
	if len(ext) < mandatorySize {
		return Dependency{}, false
	}
	d := Dependency{
		First:       ext[0]&0x80 != 0,
		Last:        ext[0]&0x40 != 0,
		TemplateID:  ext[0] & 0x3f,
		FrameNumber: uint16(ext[1])<<8 | uint16(ext[2]),
	}
	s, active := &p.held, p.active
	var b bits
	var customIndications bool
	var late, hasActive bool
	if len(ext) > mandatorySize {
		b.data = ext[mandatorySize:]
		d.HasStructure = b.flag()
		hasActive = b.flag()
		customIndications = b.flag()
		b.skip(2) // custom_fdiffs_flag, custom_chains_flag: read over with the rest
		if d.HasStructure {
			p.spare = structure{}
			if !p.spare.read(&b) {
				return Dependency{}, false
			}
			s = &p.spare
			active = 1<<s.targets - 1
		}
	}
	if !p.valid && !d.HasStructure {
		return d, true
	}
	if p.valid {
		behind := p.since - d.FrameNumber
		late = behind != 0 && behind < lateFrames
		// A structure may hold for longer than the frame number takes to come round.
		if ahead := d.FrameNumber - p.since; ahead > 1<<14 && ahead < 1<<15 {
			p.since += 1 << 13
		}
	}
	if hasActive {
		active = b.read(s.targets)
	}
	index, known := s.find(d.TemplateID)
	if known {
		d.indications = s.indications[index]
	}
	if customIndications {
		d.indications = readIndications(&b, s.targets)
	}
	if b.failed {
		return Dependency{}, false
	}
	if !known {
		d.indications = 0
		if d.HasStructure { // which must have the template it comes with
			return Dependency{}, false
		}
		return d, true
	}
	d.Known = true
	d.Temporal, d.Spatial = s.template[index].temporal, s.template[index].spatial
	d.Width, d.Height = s.sizes[d.Spatial].width, s.sizes[d.Spatial].height
	d.ActiveTargets = active
	d.finish(s)
	if !late {
		p.active = active
		if d.HasStructure {
			p.held, p.valid, p.since = p.spare, true, d.FrameNumber
		}
	}
	return d, true
}
