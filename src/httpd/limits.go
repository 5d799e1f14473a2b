package httpd

import "time"

// Limits is everything that bounds what strangers can take. Zero values mean
// the defaults, which suit a router of 256 MiB: one half-sent request costs Go
// 14 KiB and a goroutine, so that 10,000 would take 140 MiB.
type Limits struct {
	Anonymous  int // connections without a credential on HTTP and HTTPS together; 256
	PerAddress int // of these from one address (an IPv6 /64); 16
	Proxied    int // connections without a credential from trusted proxies, and their requests; 1024
	Kurento    int // connections on the Kurento port, WebSockets included; 512

	HeaderBytes int           // of one request's header; 16 KiB
	BodyBytes   int64         // of one request's body; 256 KiB
	Header      time.Duration // from accept, TLS handshake included, to the header's end; 5 s
	Request     time.Duration // to the body's end; 30 s
	Response    time.Duration // to the answer's end; 30 s. WebSockets have none
	Idle        time.Duration // between two requests of a connection; 30 s
	Farewell    time.Duration // that Close gives requests and WebSockets to end; 1 s
}

func (l Limits) withDefaults() Limits {
	def(&l.Anonymous, 256)
	def(&l.PerAddress, 16)
	def(&l.Proxied, 1024)
	def(&l.Kurento, 512)
	def(&l.HeaderBytes, 16<<10)
	def(&l.BodyBytes, 256<<10)
	def(&l.Header, 5*time.Second)
	def(&l.Request, 30*time.Second)
	def(&l.Response, 30*time.Second)
	def(&l.Idle, 30*time.Second)
	def(&l.Farewell, time.Second)
	return l
}

func def[T int | int64 | time.Duration](value *T, standard T) {
	if *value <= 0 {
		*value = standard
	}
}
