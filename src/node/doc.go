// Package node is the node as its operator sees it: one snapshot of what runs
// here, put together from the parts that know.
//
// It owns nothing but the time of the start. The parts are seen through small
// interfaces declared here and given at construction. The package starts no
// goroutines, nothing in it blocks longer than the parts' own counters do, and
// a Node is safe for concurrent use.
package node
