package media

import "github.com/pion/rtcp"

const (
	// Transport-wide feedback each 100 ms: what libwebrtc's sender-side
	// estimation is tuned for at 2 % of a 1 Mbit/s stream.
	twccInterval = 100 * millisecond
	// Receiver reports each second (RFC 3550's interval for a reduced minimum
	// at video rates), the first one after 200 ms: until it has seen one,
	// Chromium spends 20 bytes a packet on MID and RID.
	reportInterval = second
	firstReport    = 200 * millisecond
	// maxCompound is the size of an RTCP datagram in bytes: with IPv6, TURN and
	// SRTCP it stays within 1,280.
	maxCompound = 1100
	// unlimited takes a REMB's limit back, in bits per second: senders keep the
	// last one they were told.
	unlimited = 1 << 30
	// clockSet: a sender's clock that is off by more was set, in ns.
	clockSet = second
)

// SetMaxBitrate changes the limit asked of the publisher's video.
func (in *Inbound) SetMaxBitrate(bps int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.maxBitrate = max(bps, 0)
	in.reportAt = 0
}

// ReceiveRTCP takes decrypted RTCP of the publisher; b may be a compound packet.
func (in *Inbound) ReceiveRTCP(b []byte) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return // malformed: RFC 3550 appendix A.2 drops the whole
	}
	t := in.router.now()
	for _, p := range packets {
		if sr, ok := p.(*rtcp.SenderReport); ok {
			in.senderReport(sr, t)
		}
	}
}

func (in *Inbound) senderReport(sr *rtcp.SenderReport, t int64) {
	in.mu.Lock()
	st := in.streams[sr.SSRC]
	in.mu.Unlock()
	if st == nil || st.repairs {
		return
	}
	// How far the publisher's clock is ahead of ours: the report that spent
	// least time on the way tells best. Downwards it follows slowly, for clocks
	// that drift apart.
	sample := ntpNanos(sr.NTPTime) - t
	if old := in.offset.Load(); old != nil && sample < *old && *old-sample < clockSet {
		sample = *old + (sample-*old)/64
	}
	in.offset.Store(&sample)
	st.encoding.mu.Lock()
	defer st.encoding.mu.Unlock()
	st.encoding.stats.senderReport(sr, t)
}

// clockOffset is the publisher's wall clock less ours in ns.
func (in *Inbound) clockOffset() (int64, bool) {
	if p := in.offset.Load(); p != nil {
		return *p, true
	}
	return 0, false
}

// Restarted is to be called when the path to the publisher has changed (ICE
// restart): what was asked for meanwhile may be lost, so key frames are asked
// for at once.
func (in *Inbound) Restarted() {
	t := in.router.now()
	for _, s := range in.sourceList() {
		for _, e := range *s.encodings.Load() {
			if s.kind == Video && len(*e.sinks.Load()) > 0 {
				e.forceKeyFrame(t)
			}
		}
	}
}

// send writes RTCP in as many datagrams as it takes: a compound over the MTU
// would be lost with any of its fragments.
func (in *Inbound) send(list []rtcp.Packet) {
	from, size := 0, 0
	for i, p := range list {
		n := p.MarshalSize()
		if size > 0 && size+n > maxCompound {
			in.opts.Write(list[from:i])
			from, size = i, 0
		}
		size += n
	}
	if from < len(list) {
		in.opts.Write(list[from:])
	}
}

// tick sends the reports that are due.
func (in *Inbound) tick(t int64) {
	for _, s := range in.sourceList() {
		s.tick(t)
	}
	out, limit := in.due(t)
	if limit >= 0 {
		out = append(in.reports(t, limit), out...)
	}
	in.send(out)
}

// due is the transport-wide feedback, if it is time for that, and the limit to
// be reported, -1 if it is not time for reports.
func (in *Inbound) due(t int64) (feedback []rtcp.Packet, limit int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return nil, -1
	}
	if in.hasFeedback && t-in.feedbackAt >= twccInterval {
		in.feedbackAt, in.hasFeedback = t, false
		feedback = in.feedback.BuildFeedbackPacket()
	}
	if in.reportAt == 0 {
		in.reportAt = t + firstReport
	}
	if t < in.reportAt || len(in.streams) == 0 {
		return feedback, -1
	}
	in.reportAt = t + reportInterval
	if in.maxBitrate > 0 {
		in.limited = true
	} else if in.limited {
		return feedback, unlimited
	}
	return feedback, in.maxBitrate
}

// reports are the receiver report of all encodings that were heard and the
// REMB.
func (in *Inbound) reports(t int64, limit int) []rtcp.Packet {
	rr := &rtcp.ReceiverReport{SSRC: in.ssrc}
	var video []uint32
	remb := false
	for _, s := range in.sourceList() {
		for _, e := range *s.encodings.Load() {
			e.mu.Lock()
			if e.stats.heard() {
				rr.Reports = append(rr.Reports, e.stats.report(e.ssrc, t))
				if s.kind == Video {
					video = append(video, e.ssrc)
					remb = remb || e.format != nil && e.format.REMB
				}
			}
			e.mu.Unlock()
		}
	}
	if len(rr.Reports) == 0 {
		return nil
	}
	out := []rtcp.Packet{rr}
	if limit > 0 && remb {
		out = append(out, &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: in.ssrc, Bitrate: float32(limit), SSRCs: video})
	}
	return out
}
