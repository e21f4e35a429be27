// Package chaos disturbs a running system while customers write, and judges what is left.
//
// A Rig is the system with two APIs and two workers. A Load is customers who write. DrawFaults draws the faults of a run from a seed.
// Load.Judge collects the evidence and names each promise that it breaks, and Owed finds what is still to be done. The tests beside
// break each promise on purpose, and the judge must name it.
//
// docs/reliability.md says more. Package promises uses the rig, the load and the judge too.
package chaos
