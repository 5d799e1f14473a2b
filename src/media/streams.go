package media

import "slices"

// learn finds out what an undeclared SSRC carries by the MID, RID and repaired
// RID extensions, which senders may leave out once they have been acknowledged,
// or by a payload type that only one m-line uses.
func (in *Inbound) learn(b []byte, h *header, ext *[extCount]extSpan, f *lineFormat, t int64) (*lineFormat, *stream) {
	text := func(e Extension) string { s := ext[e]; return string(b[s.off : s.off+s.len]) }
	mid, rid := text(ExtMID), text(ExtRID)
	f, full := in.lineOf(mid, f)
	if f == nil {
		return nil, nil
	}
	if full {
		in.fail(ErrTooManyStreams)
		return nil, nil
	}
	st := &stream{line: f.line, repairs: f.rtx}
	if f.rtx {
		rid = text(ExtRepairedRID)
		for _, e := range *f.line.Source.encodings.Load() {
			if e.rid == rid {
				st.encoding = e
			}
		}
	} else if len(f.line.RIDs) == 0 && rid == "" || slices.Contains(f.line.RIDs, rid) {
		// Who says what it is takes the place of who is there; a mere payload
		// type may be anybody's.
		st.encoding = f.line.Source.encoding(in, rid, h.ssrc, mid != "" || rid != "", t)
	}
	if st.encoding == nil {
		return nil, nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.streams[h.ssrc] = st
	return f, st
}

// lineOf is the meaning of a payload type in the line with that MID, or in the
// only one that has it. full: no further SSRC is taken.
func (in *Inbound) lineOf(mid string, f *lineFormat) (of *lineFormat, full bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	full = len(in.streams) >= MaxStreams
	if mid == "" {
		if f.next != nil {
			return nil, full
		}
		return f, full
	}
	for i := range in.lines {
		if in.lines[i].MID == mid {
			return f.of(&in.lines[i]), full
		}
	}
	return nil, full
}

func (in *Inbound) fail(err error) {
	in.mu.Lock()
	tell := !in.failed && in.opts.Failed != nil
	in.failed = true
	in.mu.Unlock()
	if tell {
		in.opts.Failed(err)
	}
}

// renew makes a new encoding of what the SSRC carries: it has come back after
// another had its place, or its numbers begin anew. Nil if it may not.
func (in *Inbound) renew(st *stream, t int64) *stream {
	old := st.encoding
	if st.repairs {
		return nil // repairs of what is gone
	}
	e := old.source.renew(old, t)
	if e == nil {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for ssrc, other := range in.streams {
		if other.encoding == old {
			in.streams[ssrc] = &stream{e, other.line, other.repairs}
		}
	}
	return &stream{encoding: e, line: st.line}
}
