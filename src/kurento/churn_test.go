package kurento

import (
	"math/rand/v2"
	"sync"
	"testing"

	"ksfu/src/rtc"
)

// Joins and leaves by many at once: nothing is left over, and nothing is told
// to the race detector.
func TestChurn(t *testing.T) {
	b := newBench(t, nil)
	owner := b.dial(t, "app")
	pipeline := owner.create("MediaPipeline", nil)
	source := owner.create("WebRtcEndpoint", m{"mediaPipeline": pipeline})
	owner.subscribe(source, "ElementConnected")
	var wg sync.WaitGroup
	for i := range 8 {
		c := b.dial(t, "app")
		wg.Add(1)
		go func() {
			defer wg.Done()
			random := rand.New(rand.NewPCG(uint64(i), 1))
			var mine []string
			for range 120 {
				switch random.IntN(8) {
				case 0, 1, 2:
					r := c.try("create", m{"type": "WebRtcEndpoint", "constructorParams": m{"mediaPipeline": pipeline}})
					if r.Error == nil {
						id, _ := r.Result["value"].(string)
						mine = append(mine, id)
						c.try("subscribe", m{"object": id, "type": "IceCandidateFound"})
						c.try("invoke", m{"object": id, "operation": "processOffer", "operationParams": m{"offer": offerSDP}})
						c.try("invoke", m{"object": source, "operation": "connect", "operationParams": m{"sink": id}})
					}
				case 3:
					if len(mine) > 1 {
						c.try("invoke", m{"object": mine[0], "operation": "connect", "operationParams": m{"sink": mine[1], "mediaType": "VIDEO"}})
					}
				case 4:
					if len(mine) > 0 {
						c.try("release", m{"object": mine[0]})
						mine = mine[1:]
					}
				case 5:
					c.try("closeSession", m{})
					mine = nil
				case 6:
					b.engine.at(random.IntN(b.engine.len())).send(rtc.CandidateFound{})
				case 7:
					c.try("invoke", m{"object": pipeline, "operation": "getGstreamerDot"})
				}
			}
			c.try("closeSession", m{})
		}()
	}
	wg.Wait()
	owner.do("release", m{"object": pipeline})
	b.server.deliverer.Wait()
	p, e, _ := b.server.Counts()
	if p != 0 || e != 0 {
		t.Errorf("%d pipelines and %d endpoints are left", p, e)
	}
	b.server.mu.Lock()
	sc := b.server.scopes["app"]
	if len(sc.objects) != 1 || sc.subscriptions != 0 || sc.reserved != 0 {
		t.Errorf("%d objects, %d subscriptions, %d reserved", len(sc.objects), sc.subscriptions, sc.reserved)
	}
	b.server.mu.Unlock()
	for i := range b.engine.len() {
		if !b.engine.at(i).isClosed() {
			t.Errorf("endpoint %d is open", i)
		}
	}
}
