package main

import "time"

// sample is what one run of one scenario against one server showed.
type sample struct {
	server     string
	scenario   scenario
	repetition int

	expected  int // packets sent in the window, times subscribers
	delivered int // different ones of these that arrived
	repeated  int // arrivals beyond the first of a packet

	cpu      float64   // microseconds of server time a delivered packet
	delays   []float64 // ms, p50 p95 p99 from the publisher's send call to the subscriber's read
	joins    []float64 // ms, first signalling message to first packet, a subscriber each; only of paced joins
	pictures []float64 // ms, the same to the last packet of the first key frame

	idleKiB, loadKiB           int     // the server's resident set before the first join and at the window's end
	serverShare                float64 // of one core
	generatorShare, otherShare float64 // this process; everything else on the machine
	stolen                     float64 // by the virtual machine's host
}

// idleSample is what a server's subscribers occupy while no source sends.
type idleSample struct {
	server               string
	idleKiB, occupiedKiB int
	subscribers          int
}

func (s idleSample) perSubscriber() float64 {
	return float64(s.occupiedKiB-s.idleKiB) / float64(s.subscribers)
}

func (s sample) perSubscriber() float64 {
	return float64(s.loadKiB-s.idleKiB) / float64(s.scenario.subscribers)
}

func (s sample) delivery() float64 {
	if s.expected == 0 {
		return 0
	}
	return float64(s.delivered) / float64(s.expected)
}

// shares sets what the machine did between two readings.
func (s *sample) shares(before, after usage) {
	span := float64(after.at.Sub(before.at))
	server, generator := after.server-before.server, after.generator-before.generator
	other := max(after.machine-before.machine-server-generator, 0)
	s.serverShare = float64(server) / span
	s.generatorShare = float64(generator) / span
	s.otherShare = float64(other) / span
	s.stolen = float64(after.stole-before.stole) / span
}

// count sets what arrived.
func (s *sample) count(p *publisher, subs []*subscriber) {
	s.expected = int(p.sent.Load()) * len(subs)
	var delays []float64
	for _, sub := range subs {
		unique, repeated, d := sub.arrived()
		s.delivered += unique
		s.repeated += repeated
		delays = append(delays, d...)
	}
	s.delays = []float64{quantile(delays, .50), quantile(delays, .95), quantile(delays, .99)}
}

// perPacket divides the server's time in the window by the delivered packets.
func (s *sample) perPacket(spent time.Duration) {
	if s.delivered > 0 {
		s.cpu = float64(spent) / 1e3 / float64(s.delivered)
	}
}
