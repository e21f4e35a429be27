package access

import "time"

// CodecSession is a person's session at the codec endpoint, to read Temporal's payloads, or a ticket that signs in once.
type CodecSession struct {
	Who    string    // for the log: the id of an API token, or who made the ticket
	Token  []byte    // SHA-256 of the API token, without which the session ends; nil if a ticket began it
	Ticket bool      // it signs in and does nothing else
	Until  time.Time // by the ledger's clock
}
