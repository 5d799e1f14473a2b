// Package testkit holds the tests of the tree as a whole, which belong to no
// package of their own:
//
//   - layers: which package may import which, with the reason of each ban
//   - budgets: the packages linked into cmd/ksfu (testdata/packages.txt) and
//     the size of the stripped arm64 program
//   - dependencies: minimum versions in go.mod, and what must never be linked
//   - system tests (build tag system, need root): the program in network
//     namespaces, as an unprivileged user, against other WebRTC stacks
//
// It owns nothing and starts nothing outside its tests. It may import anything
// and is imported by tests alone.
package testkit
