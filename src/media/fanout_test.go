package media

import (
	"testing"

	"github.com/pion/rtp"
)

// nowhere is a writer that costs nothing.
type nowhere struct{ packets int }

func (w *nowhere) WriteRTP(*rtp.Header, []byte) (int, error) {
	w.packets++
	return 0, nil
}

// fanout is a publisher with n viewers and the packets it sends, over and over.
type fanout struct {
	b       *testbed
	p       *publisher
	writer  nowhere
	packets [][]byte
	at      int
	seq     uint16
}

func newFanout(t testing.TB, n int) *fanout {
	t.Helper()
	f := &fanout{b: newTestbed(t, Options{})}
	f.p = f.b.publisher(lineOptions{streams: []Declared{{SSRC: 1}}})
	s := f.p.vp8(1)
	s.size = 1200
	s.ext = map[Extension]string{ExtMID: "1", ExtOrientation: "\x01", ExtTransportSeq: "\x00\x01"}
	s.frame(true, 1)
	for range n {
		v := f.b.newViewer()
		v.video.Bind(Binding{Writer: &f.writer, SSRC: viewerVideo, RTX: viewerRTX, Formats: []Format{vp8Out}, Extensions: extensionIDs(idsOut)})
		v.out.Register(v.video)
		v.out.SetConnected(true)
		v.watch(f.p)
	}
	for i := range 60 {
		for _, k := range s.packets(false, 0, true, 1+i%3) {
			f.packets = append(f.packets, k.bytes(t))
		}
	}
	f.seq = s.seq
	for range 6000 { // rings grow and fill
		f.send()
		f.b.pass(millisecond / 2)
	}
	f.writer.packets = 0
	return f
}

// send hands over the next packet, under its next number.
func (f *fanout) send() {
	raw := f.packets[f.at%len(f.packets)]
	f.at++
	f.seq++
	raw[2], raw[3] = byte(f.seq>>8), byte(f.seq)
	f.p.in.Receive(raw)
}

// TestFanoutAllocs prints its figure for the benchmark.
func TestFanoutAllocs(t *testing.T) {
	const viewers, runs = 50, 2000
	f := newFanout(t, viewers)
	perPacket := testing.AllocsPerRun(runs, f.send)
	if want := viewers * (runs + 1); f.writer.packets != want {
		t.Fatalf("%d packets were forwarded, want %d", f.writer.packets, want)
	}
	t.Logf("allocs_per_packet %v", perPacket/viewers)
	if perPacket > 0 {
		t.Errorf("%v allocations for each packet to %d viewers", perPacket, viewers)
	}
}

// BenchmarkFanout is the cost of one packet to 50 viewers, without a transport.
func BenchmarkFanout(b *testing.B) {
	const viewers = 50
	f := newFanout(b, viewers)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		f.send()
	}
	b.StopTimer()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/viewers, "ns/forwarded")
}
