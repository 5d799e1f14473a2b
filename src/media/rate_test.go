package media

import "testing"

func TestRate(t *testing.T) {
	tests := map[string]struct {
		bytes    int   // each 10 ms
		duration int64 // ns
		silence  int64 // ns, after that
		want     int
	}{
		"nothing":              {0, 2 * second, 0, 0},
		"steady":               {1250, 3 * second, 0, 1_000_000},
		"young":                {1250, 300 * millisecond, 0, 1_000_000},
		"first tenth":          {1250, 50 * millisecond, 0, 500_000},
		"stopped for 0.5 s":    {1250, 3 * second, second / 2, 500_000},
		"stopped for a second": {1250, 3 * second, second, 0},
		"stopped for an hour":  {1250, 3 * second, 3600 * second, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var r rate
			at := 77 * second
			for end := at + tt.duration; at < end; at += 10 * millisecond {
				r.add(tt.bytes, at)
			}
			got := r.bits(at + tt.silence)
			if d := got - tt.want; d < -tt.want/8-1 || d > tt.want/8+1 {
				t.Errorf("%d bit/s, want %d", got, tt.want)
			}
		})
	}
}
