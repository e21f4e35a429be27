// Package people is the part of the API by which people sign in, with a password or a link. They get a session, which a cookie holds. It
// also shows and changes what belongs to the person: password, sessions, preferences, shift. Administrators manage users here. Programs
// have API tokens, which package admin manages.
//
// Passwords are hashed here, at most two at a time, and only after the ledger has counted the try. So somebody who guesses is refused before
// anything is hashed, and callbacks never wait for a hash.
package people
