package conversation

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// ReceivedCallback is a callback on its way from the callback endpoint to its conversation: the sender is verified, the content is still
// encrypted.
type ReceivedCallback struct {
	Tenant      Tenant
	AccountID   AccountID
	CustomerKey CustomerKey
	DeliveryID  string // UUID, new for every HTTP request
	MessageKey  string // wechat.MessageKey; equal for WeChat's repeats
	KeyID       string // the account's key that opens Ciphertext; "" where this system sealed it (plain mode)
	Ciphertext  string // WeChat's Encrypt text, or base64 of our own frame
	ReceivedAt  time.Time
	Stale       bool   // WeChat's timestamp was more than ten minutes off (C06)
	Fingerprint string // Fingerprint of the opened message; equal for WeChat's repeats
	Traceparent string // W3C trace context of the request
	Redriven    bool   // from quarantine, after what kept it from being read was mended
}

// Spooled is a callback that waits in the spool, because it could not be handed to its conversation in time.
type Spooled struct {
	ID int64 // in the order of which a conversation's callbacks are handed on
	ReceivedCallback
}

// SpoolClaim is how long a process that hands a conversation's spooled callbacks on has them for itself. One that takes longer
// hands some on that another does too, in the same order, and a repeat changes nothing.
const SpoolClaim = 3 * time.Second

// Fingerprint is a keyed hash of an opened callback (base64url, 32 bytes), by which a repeat is told from other content
// under the same message key. The key is the account's id key; nobody else can test a guess.
func Fingerprint(idKey, opened []byte) string {
	mac := hmac.New(sha256.New, idKey)
	mac.Write([]byte("wxdesk fingerprint\x00"))
	mac.Write(opened)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Arrival is one callback after Receive has opened it, or tried to.
type Arrival struct {
	DeliveryID string
	MessageKey string
	// Fingerprint of the opened message; "" where it could not be opened.
	Fingerprint string
	OpenID      string // personal data
	Kind        string
	IsEvent     bool
	Text        string
	Fields      []byte // JSON of what else the message carried (media ids, coordinates …); nil where there is nothing
	Trigger     Trigger
	Follow      Follow
	Stale       bool
	Echo        bool      // from our own account (X21)
	SaidAt      time.Time // WeChat's CreateTime; zero where it makes no sense (X11)
	ReceivedAt  time.Time
	Traceparent string // W3C trace context of the request that brought it
	Redriven    bool   // from quarantine

	// Quarantine is why this callback cannot be read ("" where it can); Ciphertext and KeyID are then kept for a later
	// try.
	Quarantine string
	Ciphertext string
	KeyID      string
}

// Follow is what an arrival says about following.
type Follow string

// The changes of following.
const (
	FollowUnchanged Follow = ""
	Followed        Follow = "followed"
	Unfollowed      Follow = "unfollowed"
)

// OtherContent is why a callback is in quarantine whose message key came before with something else in it (C11).
const OtherContent = "other-content-known-key"

// Receipt is what became of an arrival.
type Receipt struct {
	Outcome   ReceiptOutcome
	MessageID MessageID // of the row, where Outcome is ReceiptNew
	Seq       int64
}

// ReceiptOutcome says what became of an arrival.
type ReceiptOutcome string

// The outcomes. A Receive that runs again answers ReceiptNew again for what it wrote itself.
const (
	ReceiptNew         ReceiptOutcome = "new"
	ReceiptRepeat      ReceiptOutcome = "repeat"      // its key was known; nothing was written
	ReceiptQuarantined ReceiptOutcome = "quarantined" // unreadable, or other content under a known key
	ReceiptNoted       ReceiptOutcome = "noted"       // written, but not as a line of the transcript (an unfollow)
)

// Received is what Receive's transaction answers.
type Received struct {
	Situation               // after them; zero where it has no row
	Receipts  []Receipt     // one per arrival, in order; none where Ending
	Ending    bool          // the end is wished or done: nothing was written, the arrivals are the next conversation's
	Begun     bool          // the conversation has a row
	IdleClose time.Duration // the account's setting at this moment; 0 while the customer has no row
	Bot       BotKind       // the account's bot at this moment; empty without one, and while the customer has no row
}
