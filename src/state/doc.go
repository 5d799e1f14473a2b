// Package state is the state directory: the few small files that a node must
// find again after a restart (its keys, certificates and default tokens).
//
// A Dir owns one directory, made 0700, with files of mode 0600. A file is
// written beside its place, synced, and renamed over it, so that a power cut
// leaves the old one or the new one, never half of either. A file that others
// can read or write is refused with the command that mends it, because a key
// that others could read is no key any more; whoever reads it at start thereby
// stops the start.
//
// The package starts no goroutines. Every method reads or writes the disk and
// may block for as long as the disk does. A Dir is safe for concurrent use
// within one process; two processes on one directory are not detected, and the
// later rename wins.
package state
