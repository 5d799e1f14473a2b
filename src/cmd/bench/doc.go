// Command bench measures what forwarding costs: ksfu beside a plain fan-out
// built on Pion's defaults, in one interleaved run on one machine.
//
//	go run ./src/cmd/bench -out bin/bench.json -ksfu bin/ksfu
//
// It prints progress to the standard error, a table in Markdown to the standard
// output, and writes the figures as JSON. No figure makes it fail: what it saw
// that spoils a measurement (loss, a busy machine, a generator at its limit)
// stands as a warning under the table. "bench fanout -listen ADDR" is the rival
// itself; bench starts it as a process of its own.
//
// # What is measured
//
// One publisher sends Opus-shaped audio (50 packets/s) and VP8-shaped video
// (1.5 Mbit/s in packets of 1,200 bytes, 30 frames/s, each frame in one burst,
// key frames only when asked for) to N subscribers. Publisher and subscribers
// share this process and its clock; every payload carries its number and the
// time it was sent, so delivery is counted packet by packet and delay needs no
// second clock. The server is pinned to one core, this process to the others.
// Traffic stays on 127.0.0.1: no root, no namespace.
//
// Both servers are driven by the same client through the same part of the
// Kurento protocol, act as DTLS servers, and use the SRTP profile that the
// client alone offers. Joins are timed where subscribers come one by one, far
// enough apart that no throttle of key-frame requests is measured, at no
// particular moment between two frames. The figures to compare are ratios of
// neighbouring runs; a virtual machine shifts single values by 15 %.
//
// On loopback the kernel does the receiver's socket work inside the sender's
// system call, so a part of each packet's system time is the receiver's; it is
// the same for both servers.
//
// # Goroutines
//
// A run owns its publisher, its subscribers, its signalling session and the
// server process, and ends all of them before it returns. Per subscriber there
// are two reading goroutines for RTP, two for RTCP and one that sends feedback;
// all end when its PeerConnection closes. Everything but the window (what
// counts) and a subscriber's figures (under its mutex) belongs to one goroutine.
package main
