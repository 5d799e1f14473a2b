package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

const (
	// receiveSize in bytes: larger than any packet of this program.
	receiveSize = 1600
	// keyRequestInterval is how often a subscriber without a picture asks again.
	keyRequestInterval = 200 * time.Millisecond
)

// subscriber receives, counts, and sends the feedback that a browser would:
// receiver reports, requests for lost packets and for a key frame. Close ends
// its goroutines.
type subscriber struct {
	conn  *connection
	clock clock
	win   *window
	keyed chan struct{} // closed when the first key frame is whole
	stop  chan struct{}
	wg    sync.WaitGroup

	// mu guards the following
	mu          sync.Mutex
	closed      bool
	firstPacket int64 // clock.now, 0 = not yet
	firstKey    int64 // the last packet of the first whole key frame
	streams     []*stream
}

// stream is what one subscriber gets of one kind; its subscriber's mutex guards it.
type stream struct {
	ssrc   uint32
	video  bool
	gaps   gaps
	report senderReport

	seen       []uint64  // a bit per packet number
	unique     int       // packets of the window, each counted once
	duplicates int       // packets of the window that came again
	delays     []float64 // ms, of each unique packet of the window

	keyFrame    uint32 // the key frame now arriving
	keyPackets  int
	lastRequest int64
}

// senderReport is what a receiver report quotes of it (RFC 3550 section 6.4.1).
type senderReport struct {
	middle uint32 // the middle 32 bits of its NTP time
	at     int64
}

func newSubscriber(c *connections, clk clock, win *window) (*subscriber, error) {
	conn, err := newConnection(c.receiving, c.config)
	if err != nil {
		return nil, err
	}
	s := &subscriber{conn: conn, clock: clk, win: win, keyed: make(chan struct{}), stop: make(chan struct{})}
	for _, k := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := conn.AddTransceiverFromKind(k, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("add transceiver: %w", err)
		}
	}
	conn.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		st := &stream{ssrc: uint32(t.SSRC()), video: t.Kind() == webrtc.RTPCodecTypeVideo}
		if !s.begin(st) {
			return
		}
		go s.readReports(r, st)
		s.read(t, st)
	})
	s.wg.Add(1)
	go s.sendFeedback()
	return s, nil
}

// begin takes a stream up, with its two readers, unless the subscriber has closed.
func (s *subscriber) begin(st *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.streams = append(s.streams, st)
	s.wg.Add(2)
	return true
}

func (s *subscriber) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	close(s.stop)
	_ = s.conn.GracefulClose()
	s.wg.Wait()
}

// hasPicture waits for the first whole key frame.
func (s *subscriber) hasPicture(ctx context.Context) error {
	select {
	case <-s.keyed:
		return nil
	case <-s.conn.down:
		return errNotConnected
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errNoMedia, ctx.Err())
	}
}

func (s *subscriber) read(t *webrtc.TrackRemote, st *stream) {
	defer s.wg.Done()
	buf := make([]byte, receiveSize)
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			return
		}
		if s.take(st, buf[:n], s.clock.now()) {
			_ = s.conn.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: st.ssrc}})
		}
	}
}

// take counts one RTP packet and says whether to ask for a key frame.
func (s *subscriber) take(st *stream, packet []byte, now int64) (askKey bool) {
	seq, payload, ok := splitRTP(packet)
	if !ok {
		return false
	}
	rec, ok := findRecord(payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	st.gaps.saw(seq)
	if !ok || rec.video != st.video { // padding, or not ours
		return false
	}
	if s.firstPacket == 0 {
		s.firstPacket = now
	}
	inWindow := s.win.has(rec.sent)
	if !st.mark(rec.number) {
		if inWindow {
			st.duplicates++
		}
		return false
	}
	if inWindow {
		st.unique++
		st.delays = append(st.delays, float64(now-rec.sent)/1e6)
	}
	if !st.video || s.firstKey != 0 {
		return false
	}
	if rec.key {
		if rec.frame != st.keyFrame {
			st.keyFrame, st.keyPackets = rec.frame, 0
		}
		if st.keyPackets++; st.keyPackets == int(rec.packets) {
			s.firstKey = now
			close(s.keyed)
		}
		return false
	}
	if st.lastRequest != 0 && now-st.lastRequest < int64(keyRequestInterval) {
		return false
	}
	st.lastRequest = now
	return true
}

// mark notes a packet number and says whether it is new.
func (st *stream) mark(number uint32) bool {
	word, bit := int(number/64), uint64(1)<<(number%64)
	if word >= len(st.seen) {
		if word > 1<<20 { // 64 million packets: not a number of ours
			return false
		}
		st.seen = append(st.seen, make([]uint64, word+64-len(st.seen))...)
	}
	if st.seen[word]&bit != 0 {
		return false
	}
	st.seen[word] |= bit
	return true
}

// first gives when the first packet and the first whole key frame came.
func (s *subscriber) first() (packet, key int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.firstPacket, s.firstKey
}

// arrived gives what came of the window, and how long it was on its way in ms.
func (s *subscriber) arrived() (unique, repeated int, delays []float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.streams {
		unique += st.unique
		repeated += st.duplicates
		delays = append(delays, st.delays...)
	}
	return unique, repeated, delays
}
