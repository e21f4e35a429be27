// Package apitest is a world in memory behind the whole API, and WeChat, people and event streams in front of it, for tests of all
// its rooms.
package apitest
