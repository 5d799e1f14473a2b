package rtc

import (
	"io"
	"sync"

	"github.com/pion/transport/v4/packetio"
)

// buffer receives the decrypted packets of one SSRC from Pion's read loop. It
// takes the place of Pion's queue: Write hands the packet on at once, Read has
// nothing to give and waits for Close.
type buffer struct {
	endpoint *Endpoint
	rtcp     bool
	ssrc     uint32
	once     sync.Once
	closed   chan struct{}
}

// newBuffer is the SettingEngine's buffer factory. Its first call for an SSRC
// is its first packet; the SSRC's packet has been authenticated.
func (ep *Endpoint) newBuffer(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	b := &buffer{endpoint: ep, rtcp: kind == packetio.RTCPBufferPacket, ssrc: ssrc, closed: make(chan struct{})}
	if !b.rtcp && ep.ssrcs.Add(1) == int64(ep.engine.limits.SSRCs) {
		ep.fail(ErrTooManySSRCs)
	}
	return b
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
	ep.inbound.Receive(p)
	return len(p), nil
}

// Read waits for Close.
func (b *buffer) Read([]byte) (int, error) {
	<-b.closed
	return 0, io.EOF
}

// Close ends Read.
func (b *buffer) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}
