package main

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

const (
	// feedbackInterval is how often a subscriber looks for what it lacks; the
	// wait also lets reordered packets come.
	feedbackInterval = 20 * time.Millisecond
	// reportInterval of receiver reports, as browsers send them.
	reportInterval = time.Second
)

// sendFeedback sends receiver reports and requests for lost video packets
// until close.
func (s *subscriber) sendFeedback() {
	defer s.wg.Done()
	tick := time.NewTicker(feedbackInterval)
	defer tick.Stop()
	var lastReport int64
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		now := s.clock.now()
		withReport := now-lastReport >= int64(reportInterval)
		if withReport {
			lastReport = now
		}
		if packets := s.feedback(now, withReport); len(packets) > 0 {
			_ = s.conn.WriteRTCP(packets)
		}
	}
}

// feedback builds what is due now: one compound packet (RFC 3550 section 6.1),
// or reduced-size NACKs between reports (RFC 5506).
func (s *subscriber) feedback(now int64, withReport bool) []rtcp.Packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	var reports []rtcp.ReceptionReport
	var out []rtcp.Packet
	for _, st := range s.streams {
		if !st.gaps.started {
			continue
		}
		if withReport {
			reports = append(reports, st.reception(now))
		}
		// Audio has no retransmission in a browser's offer.
		if late := st.gaps.due(now); st.video && len(late) > 0 {
			out = append(out, &rtcp.TransportLayerNack{MediaSSRC: st.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(late)})
		}
	}
	if len(reports) > 0 {
		out = append([]rtcp.Packet{&rtcp.ReceiverReport{Reports: reports}}, out...)
	}
	return out
}

// reception builds the report block of one stream.
func (st *stream) reception(now int64) rtcp.ReceptionReport {
	fraction, lost := st.gaps.report()
	r := rtcp.ReceptionReport{SSRC: st.ssrc, FractionLost: fraction, TotalLost: lost, LastSequenceNumber: st.gaps.highest}
	if st.report.at != 0 {
		r.LastSenderReport = st.report.middle
		r.Delay = uint32((now - st.report.at) * 65536 / int64(time.Second)) // 1/65536 s
	}
	return r
}

// readReports keeps the latest sender report of a stream until the receiver closes.
func (s *subscriber) readReports(r *webrtc.RTPReceiver, st *stream) {
	defer s.wg.Done()
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, k := range packets {
			if sr, ok := k.(*rtcp.SenderReport); ok && sr.SSRC == st.ssrc {
				s.mu.Lock()
				st.report = senderReport{middle: uint32(sr.NTPTime >> 16), at: s.clock.now()}
				s.mu.Unlock()
			}
		}
	}
}
