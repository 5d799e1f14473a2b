package media

import (
	"time"

	"github.com/pion/rtcp"
)

// reception keeps what receiver reports say of one encoding (RFC 3550 section
// 6.4.1 and appendix A.8) and its publisher's clock.
type reception struct {
	first, highest int64 // extended sequence numbers
	received       uint64
	expectedPrior  uint64
	receivedPrior  uint64
	fraction       uint8
	jitter         float64 // in timestamp units
	transit        int64
	lastSR         uint32 // middle 32 bits of the last sender report's NTP time
	lastSRAt       int64
	srNTP          int64 // ns, publisher's clock, see ntpNanos
	srTimestamp    uint32
	haveSR         bool
}

func (r *reception) packet(seq int64, timestamp uint32, clockRate uint32, t int64) {
	if r.received == 0 {
		r.first, r.highest = seq, seq
	}
	r.received++
	if seq <= r.highest && r.received > 1 {
		return // retransmissions and reordered packets say nothing of jitter
	}
	r.highest = seq
	arrival := t / 1000 * int64(clockRate) / 1_000_000
	transit := int64(int32(uint32(arrival) - timestamp))
	if r.received > 1 {
		d := int64(int32(uint32(transit - r.transit))) // either may have wrapped
		if d < 0 {
			d = -d
		}
		r.jitter += (float64(d) - r.jitter) / 16
	}
	r.transit = transit
}

func (r *reception) senderReport(sr *rtcp.SenderReport, t int64) {
	r.lastSR, r.lastSRAt = uint32(sr.NTPTime>>16), t
	r.srNTP, r.srTimestamp, r.haveSR = ntpNanos(sr.NTPTime), sr.RTPTime, true
}

// heard tells whether packets came since the last report: only of those that
// did is reported (RFC 3550 section 6.4.1).
func (r *reception) heard() bool { return r.received > r.receivedPrior }

// report builds the report block of the time since the last one.
func (r *reception) report(ssrc uint32, t int64) rtcp.ReceptionReport {
	expected := uint64(r.highest - r.first + 1)
	lost := r.lost()
	expectedNow, receivedNow := expected-r.expectedPrior, r.received-r.receivedPrior
	r.expectedPrior, r.receivedPrior = expected, r.received
	r.fraction = 0
	if expectedNow > receivedNow && expectedNow > 0 {
		r.fraction = uint8(min((expectedNow-receivedNow)<<8/expectedNow, 255))
	}
	block := rtcp.ReceptionReport{
		SSRC: ssrc, FractionLost: r.fraction, TotalLost: uint32(min(lost, 1<<23-1)),
		LastSequenceNumber: uint32(r.highest - 1<<16),
		Jitter:             uint32(r.jitter),
	}
	if r.haveSR {
		block.LastSenderReport = r.lastSR
		block.Delay = uint32((t - r.lastSRAt) * 65536 / second)
	}
	return block
}

// lost is the number of packets expected and not received; duplicates make it
// smaller than zero, which is shown as zero.
func (r *reception) lost() uint64 {
	if r.received == 0 {
		return 0
	}
	expected := uint64(r.highest - r.first + 1)
	if expected <= r.received {
		return 0
	}
	return expected - r.received
}

func (r *reception) jitterTime(clockRate uint32) time.Duration {
	if clockRate == 0 {
		return 0
	}
	return time.Duration(r.jitter / float64(clockRate) * float64(second))
}
