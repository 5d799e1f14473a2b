package media

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// arrival is a packet of a 90 kHz stream: number, timestamp, time in ms.
type arrival struct {
	seq int64
	ts  uint32
	ms  int64
}

func receive(r *reception, list []arrival) {
	for _, a := range list {
		r.packet(a.seq, a.ts, 90000, a.ms*millisecond)
	}
}

// RFC 3550 appendix A.3: what is lost and the fraction of the last interval.
func TestReceptionLoss(t *testing.T) {
	const first = 65536 + 65530
	block := func(seqs ...int64) (list []arrival) {
		for _, s := range seqs {
			list = append(list, arrival{first + s, 0, 0})
		}
		return list
	}
	tests := map[string]struct {
		before, after []arrival
		fraction      uint8
		lost          uint32
		highest       uint32
	}{
		"none":                   {nil, block(0, 1, 2, 3), 0, 0, 65533},
		"one of four":            {nil, block(0, 1, 3), 64, 1, 65533},
		"over the wrap":          {nil, block(4, 5, 6, 7), 0, 0, 1<<16 | 1},
		"half since":             {block(0, 1, 2, 3), block(5, 7), 128, 2, 1<<16 | 1},
		"only before":            {block(0, 3), block(4, 5), 0, 2, 65535},
		"mended":                 {block(0, 3), block(1, 2, 4), 0, 0, 65534},
		"more than was expected": {block(0, 1), block(-3, -2, -1), 0, 0, 65531},
		"nearly all":             {block(0), block(1000), 255, 999, 1<<16 | 994},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var r reception
			if tt.before != nil {
				receive(&r, tt.before)
				r.report(7, 0)
			}
			if r.heard() {
				t.Error("heard before anything came")
			}
			receive(&r, tt.after)
			if !r.heard() {
				t.Error("not heard")
			}
			got := r.report(7, 0)
			if got.FractionLost != tt.fraction || got.TotalLost != tt.lost || got.LastSequenceNumber != tt.highest || got.SSRC != 7 {
				t.Errorf("%+v, want fraction %d, lost %d, highest %d", got, tt.fraction, tt.lost, tt.highest)
			}
		})
	}
}

// RFC 3550 appendix A.8: J += (|D| - J) / 16.
func TestReceptionJitter(t *testing.T) {
	tests := map[string]struct {
		list []arrival
		want float64 // timestamp units
	}{
		"steady":           {[]arrival{{1, 0, 0}, {2, 3000, 33}, {3, 6000, 67}, {4, 9000, 100}}, 6},
		"one 16 ms late":   {[]arrival{{1, 0, 0}, {2, 900, 26}}, 1440. / 16},
		"and back":         {[]arrival{{1, 0, 0}, {2, 900, 26}, {3, 1800, 20}}, 1440./16 + (1440-1440./16)/16},
		"late one skipped": {[]arrival{{1, 0, 0}, {3, 900, 26}, {2, 450, 500}}, 1440. / 16},
		"timestamp wraps":  {[]arrival{{1, math.MaxUint32 - 899, 0}, {2, 0, 10}, {3, 900, 20}}, 0},
		"transit wraps":    {[]arrival{{1, 1<<31 - 450, 0}, {2, 1<<31 + 450 - 1440, 10}}, 1440. / 16},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var r reception
			receive(&r, tt.list)
			if d := math.Abs(r.jitter - tt.want); d > 6.5 {
				t.Errorf("jitter %v, want %v", r.jitter, tt.want)
			}
			if got, want := r.jitterTime(90000), time.Duration(r.jitter/90000*1e9); got != want || r.jitterTime(0) != 0 {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

func TestReceptionSenderReport(t *testing.T) {
	var r reception
	receive(&r, []arrival{{1, 0, 0}})
	if b := r.report(1, second); b.LastSenderReport != 0 || b.Delay != 0 {
		t.Errorf("without a sender report: %+v", b)
	}
	r.senderReport(&rtcp.SenderReport{NTPTime: 0x1122334455667788, RTPTime: 9}, 5*second)
	b := r.report(1, 5*second+second/4)
	if b.LastSenderReport != 0x33445566 || b.Delay != 65536/4 {
		t.Errorf("LSR %x DLSR %d", b.LastSenderReport, b.Delay)
	}
}

func TestNTP(t *testing.T) {
	for _, at := range []int64{0, 1, second, 12345 * second, 3600 * 24 * 365 * second} {
		n := ntp(at)
		if d := ntpNanos(n) - at; d < -1 || d > 1 {
			t.Errorf("%d becomes %d", at, ntpNanos(n))
		}
		wall := epoch.Add(time.Duration(at))
		if got := int64(n>>32) - 2208988800; got != wall.Unix() {
			t.Errorf("NTP seconds %d, want %d", got, wall.Unix())
		}
		if got, want := absSendTime(at), uint32(n>>32&0x3f)<<18|uint32(n>>14&0x3ffff); got != want {
			t.Errorf("abs-send-time %x, want %x", got, want)
		}
	}
}
