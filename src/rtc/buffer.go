package rtc

import (
	"fmt"
	"io"

	"github.com/pion/transport/v4/packetio"
)

// buffer receives the decrypted packets of one SSRC from Pion's read loop. It
// takes the place of Pion's queue: Write hands the packet on at once, and there
// is nothing to read, which ends the goroutines that Pion starts to find out
// what an SSRC carries.
type buffer struct {
	endpoint *Endpoint
	rtcp     bool
	ssrc     uint32
}

// newBuffer is the SettingEngine's buffer factory. It is called at the first
// packet of an SSRC, which has been authenticated, or about it (RTCP), with
// Pion's session locked. What Pion keeps of each lives as long as the session.
func (ep *Endpoint) newBuffer(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	if ep.ssrcs.Add(1) == int64(ep.engine.limits.SSRCs) {
		ep.fail(fmt.Errorf("%w: more than %d", ErrTooManySSRCs, ep.engine.limits.SSRCs))
	}
	return &buffer{endpoint: ep, rtcp: kind == packetio.RTCPBufferPacket, ssrc: ssrc}
}

// Write takes one packet; p belongs to the read loop.
func (b *buffer) Write(p []byte) (int, error) {
	ep := b.endpoint
	defer ep.guard()
	if b.rtcp {
		ep.inbound.ReceiveRTCP(p)
		ep.outbound.ReceiveRTCP(b.ssrc, p)
		return len(p), nil
	}
	ep.bytesReceived.Add(uint64(len(p)))
	ep.packetsReceived.Add(1)
	if ep.tap != nil {
		ep.tap(p)
	}
	ep.inbound.Receive(p)
	return len(p), nil
}

// Read has nothing.
func (b *buffer) Read([]byte) (int, error) { return 0, io.EOF }

// Close has nothing to end.
func (b *buffer) Close() error { return nil }
