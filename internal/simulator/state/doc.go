// Package state is what a simulated WeChat remembers: accounts, customers with their screens and reply windows, media, menus, QR codes,
// access tokens, counted calls, faults that wait, callbacks without a verdict, and the settings.
//
// Store is its one entrance. Whoever reads or changes something holds the store's lock. Everything changes through Store.Commit: one change
// is one line of the journal, written before anybody is answered, so that a SIGKILL loses nothing that was answered. Commit fails only
// if the journal cannot be written or the store is closed, and then nothing has changed.
//
// The package decides nothing about WeChat's API, callbacks or requests. The rooms above it do that.
package state
