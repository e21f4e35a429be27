// Package admin answers those who set the contact centre up: accounts, bots, people, queues, hours, rules and API tokens. It
// checks what they send and asks one port; what the settings do is decided elsewhere.
package admin
