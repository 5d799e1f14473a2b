package codec

const (
	mandatorySize = 3
	maxTemplates  = 64 // of 6-bit ids
	maxTargets    = 32 // by a 5-bit count
	maxSpatial    = 4  // AV1 has two bits for the id
	maxTemporal   = 8  // and three
)

type layer struct{ temporal, spatial uint8 }

type size struct{ width, height uint16 }

// structure is a template dependency structure: section A.8.2 of the AV1 RTP
// format. It keeps what forwarding needs and reads over the rest (frame
// differences and chains).
type structure struct {
	offset      uint8 // template_id_offset
	templates   int
	targets     int
	chains      int
	template    [maxTemplates]layer
	indications [maxTemplates]uint64 // two bits a target, from the lowest
	target      [maxTargets]layer    // the highest of each decode target
	sizes       [maxSpatial]size
}

// find gives the index of a template id.
func (s *structure) find(id uint8) (index int, ok bool) {
	index = int(id-s.offset) % maxTemplates
	return index, index < s.templates
}

// read fills a zero structure; false if it is cut off or breaks a limit.
func (s *structure) read(b *bits) bool {
	s.offset = uint8(b.read(6))
	s.targets = int(b.read(5)) + 1
	if !s.readLayers(b) {
		return false
	}
	for i := range s.templates {
		s.indications[i] = readIndications(b, s.targets)
	}
	for range s.templates {
		for b.flag() { // fdiff_follows_flag
			b.skip(4)
		}
	}
	if s.chains = int(b.ns(uint32(s.targets) + 1)); s.chains > 0 {
		for range s.targets {
			b.ns(uint32(s.chains)) // decode_target_protected_by
		}
		b.skip(4 * s.chains * s.templates)
	}
	s.deriveTargets()
	if b.flag() { // resolutions_present_flag
		for i := range int(s.template[s.templates-1].spatial) + 1 {
			w, h := int64(b.read(16))+1, int64(b.read(16))+1
			s.sizes[i].width, s.sizes[i].height = fit(b, w, h)
		}
	}
	return !b.failed
}

func (s *structure) readLayers(b *bits) bool {
	var at layer
	for s.templates < maxTemplates {
		s.template[s.templates] = at
		s.templates++
		switch b.read(2) { // next_layer_idc, table A.2
		case 1:
			at.temporal++
		case 2:
			at.temporal = 0
			at.spatial++
		case 3:
			return !b.failed
		}
		if b.failed || at.temporal >= maxTemporal || at.spatial >= maxSpatial {
			return false
		}
	}
	return false
}

// deriveTargets is decode_target_layers of section A.8.2.
func (s *structure) deriveTargets() {
	for t := range s.targets {
		for i := range s.templates {
			if s.indications[i]>>(2*t)&3 == uint64(NotPresent) {
				continue
			}
			s.target[t].spatial = max(s.target[t].spatial, s.template[i].spatial)
			s.target[t].temporal = max(s.target[t].temporal, s.template[i].temporal)
		}
	}
}

func readIndications(b *bits, targets int) uint64 {
	var v uint64
	for t := range targets {
		v |= uint64(b.read(2)) << (2 * t)
	}
	return v
}
