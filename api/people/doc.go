// Package people lets people in: they sign in with a password or a link, and get a session, which a cookie holds. It answers what
// concerns themselves, and administrators keep here who may sign in. Programs have API tokens, which package admin keeps.
//
// Passwords are hashed here, at most two at a time, and only after the ledger has counted the try: whoever guesses is refused before
// they cost anything, and callbacks never wait for a hash.
package people
