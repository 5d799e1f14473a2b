package main

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	audioInterval = 20 * time.Millisecond // one Opus frame
	audioStep     = 960                   // of the 48 kHz clock
	audioPayload  = 100                   // bytes: 40 kbit/s

	videoRate    = 1_500_000 // bit/s
	frameRate    = 30
	frameStep    = 90000 / frameRate // of the 90 kHz clock
	videoPacket  = 1200              // bytes, RTP header included
	videoPayload = videoPacket - rtpHeaderLen
	// keyFactor is the size of a key frame in ordinary frames.
	keyFactor = 4
	// keyInterval is the least time between key frames on request: Chromium's
	// encoders obey one request in 300 ms.
	keyInterval = 300 * time.Millisecond

	vp8Descriptor  = 4  // X, I, 15-bit picture id: RFC 7741 section 4.2
	vp8FrameHeader = 10 // RFC 6386 section 9.1
)

// publisher sends one audio and one video stream. Close ends its goroutines.
type publisher struct {
	conn         *connection
	clock        clock
	win          *window
	audio, video *webrtc.TrackLocalStaticRTP

	keyWanted atomic.Bool
	sent      atomic.Int64 // packets whose send time the window has

	stop chan struct{}
	wg   sync.WaitGroup
}

func newPublisher(c *connections, clk clock, win *window) (*publisher, error) {
	p := &publisher{clock: clk, win: win, stop: make(chan struct{})}
	p.keyWanted.Store(true)
	var err error
	if p.audio, err = webrtc.NewTrackLocalStaticRTP(opus(), "audio", "bench"); err != nil {
		return nil, fmt.Errorf("audio track: %w", err)
	}
	if p.video, err = webrtc.NewTrackLocalStaticRTP(vp8(), "video", "bench"); err != nil {
		return nil, fmt.Errorf("video track: %w", err)
	}
	if p.conn, err = newConnection(c.sending, c.config); err != nil {
		return nil, err
	}
	for _, t := range []*webrtc.TrackLocalStaticRTP{p.audio, p.video} {
		tr, err := p.conn.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			p.close()
			return nil, fmt.Errorf("add track: %w", err)
		}
		p.wg.Add(1)
		go p.readFeedback(tr.Sender())
	}
	return p, nil
}

// start begins to send.
func (p *publisher) start() {
	p.wg.Add(2)
	go p.every(audioInterval, p.audioFrames())
	go p.every(time.Second/frameRate, p.videoFrames())
}

func (p *publisher) close() {
	close(p.stop)
	_ = p.conn.GracefulClose() // ends readFeedback
	p.wg.Wait()
}

func (p *publisher) every(d time.Duration, do func()) {
	defer p.wg.Done()
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			do()
		}
	}
}

func (p *publisher) readFeedback(s *webrtc.RTPSender) {
	defer p.wg.Done()
	for {
		packets, _, err := s.ReadRTCP()
		if err != nil {
			return
		}
		for _, k := range packets {
			switch k.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.keyWanted.Store(true)
			}
		}
	}
}

// send stamps and writes one packet; rec belongs at the given place of the payload.
func (p *publisher) send(t *webrtc.TrackLocalStaticRTP, pkt *rtp.Packet, rec record, at int) {
	rec.sent = p.clock.now()
	rec.put(pkt.Payload[at:])
	pkt.Extension, pkt.Extensions = false, nil // an interceptor writes its own
	if p.win.has(rec.sent) {
		p.sent.Add(1)
	}
	_ = t.WriteRTP(pkt) // a packet that was not sent shows as one that did not arrive
}

// audioFrames gives the function that sends the next audio frame.
func (p *publisher) audioFrames() func() {
	pkt := &rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, audioPayload)}
	pkt.Payload[0] = 0x78 // CELT, 20 ms, mono, one frame: RFC 6716 section 3.1
	var rec record
	return func() {
		rec.packets = 1
		p.send(p.audio, pkt, rec, 1)
		rec.number++
		rec.frame++
		pkt.SequenceNumber++
		pkt.Timestamp += audioStep
	}
}

// videoFrames gives the function that sends the next video frame, all its
// packets in one burst. What a frame has beyond whole packets is carried to the
// next, so that every packet has its full size.
func (p *publisher) videoFrames() func() {
	pkt := &rtp.Packet{Header: rtp.Header{Version: 2}}
	buf := make([]byte, videoPayload)
	rec := record{video: true}
	var credit int // bytes
	var lastKey time.Time
	return func() {
		rec.key = false
		size := videoRate / 8 / frameRate
		if now := time.Now(); now.Sub(lastKey) >= keyInterval && p.keyWanted.CompareAndSwap(true, false) {
			rec.key, lastKey = true, now
			size *= keyFactor
		}
		credit += size
		n := credit / videoPayload
		credit -= n * videoPayload
		rec.packets = uint16(n)
		for i := range n {
			vp8Header(buf, uint16(rec.frame), rec.key, i == 0, n*(videoPayload-vp8Descriptor))
			pkt.Payload, pkt.Marker = buf, i == n-1
			p.send(p.video, pkt, rec, vp8Descriptor+vp8FrameHeader)
			rec.number++
			pkt.SequenceNumber++
		}
		rec.frame++
		pkt.Timestamp += frameStep
	}
}

// vp8Header writes the payload descriptor and, in a frame's first packet, the
// frame header.
func vp8Header(b []byte, picture uint16, key, first bool, size int) {
	clear(b[:vp8Descriptor+vp8FrameHeader])
	b[0] = 0x80 // X
	if first {
		b[0] |= 0x10 // S: start of partition 0
	}
	b[1] = 0x80 // I
	binary.BigEndian.PutUint16(b[2:], 0x8000|picture)
	if !first {
		return
	}
	tag := uint32(1<<4) | uint32(size&0x7ffff)<<5 // show_frame, size of the first partition
	if !key {
		tag |= 1
	}
	h := b[vp8Descriptor:]
	h[0], h[1], h[2] = byte(tag), byte(tag>>8), byte(tag>>16)
	if key {
		h[3], h[4], h[5] = 0x9d, 0x01, 0x2a // start code
		binary.LittleEndian.PutUint16(h[6:], 1280)
		binary.LittleEndian.PutUint16(h[8:], 720)
	}
}
