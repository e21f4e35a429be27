// Package simulatortest is the world that the tests of the simulator's rooms live in: a simulator behind HTTP with one account, one
// customer who follows it, and the account's server, which remembers what it is told and answers as it is asked to.
//
// Its keys are made up or published samples, and open nothing.
package simulatortest
