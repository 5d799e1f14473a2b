package media

import (
	"sync"

	"github.com/pion/rtcp"
)

const (
	// Layers are chosen anew each 0.2 s: five times within the second over
	// which bitrates are measured.
	allocateInterval = second / 5
	// Sender reports each second, as libwebrtc sends them for video.
	senderReportInterval = second
	// audioReserve is what audio is taken for in a budget, in bits per second:
	// Opus in stereo with its headers.
	audioReserve = 64_000
	// A REMB follows what is received (libwebrtc: at most 1.5 times as much), so
	// a low layer never earns a higher one. While the estimate does not sink,
	// the next layer is tried for probeTime; where that failed, the wait before
	// the next try doubles from probeWait to probeWaitMax.
	probeTime    = 3 * second
	probeWait    = 5 * second
	probeWaitMax = 60 * second
	// maxEstimate in bits per second: three times as much is a 32-bit int.
	maxEstimate = 500_000_000
	// rembTimeout: a limit that is not repeated that long is no longer one.
	rembTimeout = 10 * second
)

// Outbound is the sending side of one transport: its sinks, the RTCP that
// comes back and the share of its estimate that each sink gets.
type Outbound struct {
	router *Router
	write  func([]rtcp.Packet)

	mu         sync.Mutex // guards the following
	sinks      []*Sink
	bySSRC     map[uint32]*Sink
	connected  bool
	closed     bool
	estimate   int // bits per second, the last REMB
	estimateAt int64
	allocateAt int64
	tidyAt     int64
	reportAt   int64
	probe      probe
}

// probe is the try of a higher layer than the estimate allows.
type probe struct {
	until int64 // a try goes on until then, 0 = none
	from  int   // the estimate at its start
	next  int64 // no new one before
	wait  int64
}

// NewOutbound makes the sending side of a transport. write sends RTCP and must
// not block. Close ends it.
func (r *Router) NewOutbound(write func([]rtcp.Packet)) *Outbound {
	o := &Outbound{router: r, write: write, bySSRC: map[uint32]*Sink{}}
	r.addTicker(o)
	return o
}

func (o *Outbound) add(k *Sink) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sinks = append(o.sinks, k)
}

// SetConnected tells whether the transport can send. Sinks start with it.
func (o *Outbound) SetConnected(connected bool) {
	o.mu.Lock()
	o.connected = connected && !o.closed
	connected = o.connected
	sinks := o.sinks
	o.mu.Unlock()
	for _, k := range sinks {
		k.setReady(connected)
	}
}

// Register makes the RTCP of a sink's SSRCs reach it; to be called after Bind.
func (o *Outbound) Register(k *Sink) {
	k.mu.Lock()
	b := k.binding
	k.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bySSRC[b.SSRC] = k
	if b.RTX != 0 {
		o.bySSRC[b.RTX] = k
	}
}

func (o *Outbound) sink(ssrc uint32) *Sink {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bySSRC[ssrc]
}

// ReceiveRTCP takes decrypted RTCP of the remote side that was sent to one of
// our SSRCs. A report of several SSRCs may be handed over once for each: only
// the blocks of that SSRC count.
func (o *Outbound) ReceiveRTCP(ssrc uint32, b []byte) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return // malformed: RFC 3550 appendix A.2 drops the whole
	}
	t := o.router.now()
	for _, p := range packets {
		o.receive(ssrc, p, t)
	}
}

func (o *Outbound) receive(ssrc uint32, p rtcp.Packet, t int64) {
	switch p := p.(type) {
	case *rtcp.TransportLayerNack:
		if k := o.sink(p.MediaSSRC); k != nil && p.MediaSSRC == ssrc {
			k.nack(p, t)
		}
	case *rtcp.PictureLossIndication:
		if k := o.sink(p.MediaSSRC); k != nil {
			k.keyFrameAsked(false, t)
		}
	case *rtcp.FullIntraRequest:
		for _, e := range p.FIR {
			if k := o.sink(e.SSRC); k != nil && e.SSRC == ssrc {
				k.keyFrameAsked(true, t)
			}
		}
	case *rtcp.ReceiverReport:
		o.reports(ssrc, p.Reports, t)
	case *rtcp.SenderReport:
		o.reports(ssrc, p.Reports, t)
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		o.estimated(int(max(min(p.Bitrate, maxEstimate), 1)), t)
	}
}

func (o *Outbound) reports(ssrc uint32, blocks []rtcp.ReceptionReport, t int64) {
	for i := range blocks {
		k := o.sink(blocks[i].SSRC)
		if blocks[i].SSRC == ssrc && k != nil && k.isMedia(ssrc) {
			k.report(&blocks[i], t)
		}
	}
}

func (k *Sink) isMedia(ssrc uint32) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.binding.SSRC == ssrc
}

// estimated takes the remote side's REMB (draft-alvestrand-rmcat-remb).
func (o *Outbound) estimated(bps int, t int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.probe.until != 0 && bps < o.probe.from/100*85 {
		o.probe.failed(t) // the path did not take it
		o.allocateAt = 0
	}
	o.estimate, o.estimateAt = bps, t
}

// ended tells whether the try has raised the estimate: then the next may follow
// at once. An estimate that did not move is as good as one that sank.
func (p *probe) ended(estimate int, t int64) {
	if estimate <= p.from/100*120 {
		p.failed(t)
		return
	}
	p.until, p.wait, p.next = 0, 0, t
}

func (p *probe) failed(t int64) {
	p.wait = min(max(p.wait*2, probeWait), probeWaitMax)
	p.until, p.next = 0, t+p.wait
}

// remb is the estimate that counts now, 0 where there is none.
func (o *Outbound) remb() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rembAt(o.router.now())
}

func (o *Outbound) rembAt(t int64) int {
	if o.estimate == 0 || t-o.estimateAt > rembTimeout {
		return 0
	}
	return o.estimate
}

func (o *Outbound) reallocate() {
	o.mu.Lock()
	o.allocateAt = 0
	o.mu.Unlock()
}

// tick allocates layers and sends the reports that are due.
func (o *Outbound) tick(t int64) {
	o.mu.Lock()
	sinks := o.sinks
	tidy := t >= o.tidyAt
	if tidy {
		o.tidyAt = t + allocateInterval
	}
	allocate := o.connected && t >= o.allocateAt
	if allocate {
		o.allocateAt = t + allocateInterval
	}
	report := o.connected && t >= o.reportAt
	if report {
		o.reportAt = t + senderReportInterval
	}
	o.mu.Unlock()
	if allocate {
		o.allocate(sinks, t)
	}
	if tidy {
		for _, k := range sinks {
			k.tick(t)
		}
	}
	if !report {
		return
	}
	var out []rtcp.Packet
	for _, k := range sinks {
		if sr := k.senderReport(t); sr != nil {
			out = append(out, sr)
		}
	}
	if len(out) > 0 {
		o.write(out)
	}
}

// allocate shares the estimate: audio first, then the videos in their order.
func (o *Outbound) allocate(sinks []*Sink, t int64) {
	o.mu.Lock()
	budget := o.rembAt(t)
	if o.probe.until != 0 && t >= o.probe.until {
		o.probe.ended(budget, t)
	}
	probing := budget > 0 && o.probe.until != 0
	o.mu.Unlock()
	limited := budget > 0 && !probing
	left, held := budget, false
	for _, k := range sinks {
		if k.kind == Audio && k.Flowing() {
			left -= audioReserve
		}
	}
	for _, k := range sinks {
		if k.kind != Video {
			continue
		}
		limit := 0
		switch {
		case probing: // the next layer up is mostly 2.5 to 3 times as much
			limit = max(3*left, 1)
		case limited:
			limit = max(left, 1)
		}
		took, wanted := k.allocate(limit, t)
		left -= took
		held = held || limited && wanted > took
	}
	if !held {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.probe.next == 0 {
		o.probe.next = t + probeWait
	}
	if t >= o.probe.next {
		o.probe.until, o.probe.from = t+probeTime, o.estimate
		o.probe.next = t + probeTime + probeWait
		o.allocateAt = 0
	}
}

// Close ends the sinks.
func (o *Outbound) Close() {
	o.router.removeTicker(o)
	o.mu.Lock()
	o.connected, o.closed = false, true
	sinks := o.sinks
	o.mu.Unlock()
	for _, k := range sinks {
		k.close()
	}
}
