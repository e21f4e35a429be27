// Package capacity reads what agents have to do and whether they have room for more, and brings their automatic presence in line with
// it. What an agent has is the sum over their assignments, never a counter.
package capacity
