package node

import "time"

// Status is a snapshot of the node.
type Status struct {
	Version   string
	Started   time.Time
	Uptime    time.Duration
	Endpoints int    // open WebRTC endpoints, of all adapters
	Pipelines int    // Kurento media pipelines
	Sessions  int    // Kurento sessions, with or without a socket
	Panics    uint64 // contained since the start; each ended one endpoint
}
