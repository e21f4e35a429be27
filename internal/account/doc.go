// Package account has what an administrator sets up of an official account: its settings, its secrets, and the keys that its callbacks
// are verified and opened with. It is pure; package postgres/accounts stores accounts, and api/admin changes them.
package account
