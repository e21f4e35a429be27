package activities

import (
	"context"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
)

// Ledger stores everything that is said and done. Every method is one transaction and may be repeated: it recognises by a key what it
// has done before, and returns the same. The Situation that a method returns is the state of the conversation after it, and what the
// conversation still owes. Errors: conversation.ErrNotFound if there is no such conversation; secret.ErrUnavailable if a key does not
// open; any other error is judged by the table of failure.go.
type Ledger struct {
	Accounts
	Callbacks
	Transcript
	Routing
	Upkeep
}

// Accounts opens the secrets of accounts.
type Accounts interface {
	// AccountKeys opens what Receive needs to read an account's callbacks, replaced keys included. An account that is
	// disabled or deleted still answers: what was accepted is received.
	AccountKeys(ctx context.Context, tenant conversation.Tenant, account conversation.AccountID) (account.CallbackKeys, error)

	// Credentials are those of an account with which Prepare is called. It returns ErrNotFound if it is disabled or
	// deleted.
	Credentials(ctx context.Context, t conversation.Tenant, account conversation.AccountID) (wechat.Credentials, error)
}

// Callbacks opens what this system sealed of callbacks on their way.
type Callbacks interface {
	// OpenPlain opens the ciphertext of a plain-mode callback, which this system sealed at the callback endpoint.
	OpenPlain(h callback.Received) ([]byte, error)
}

// Transcript keeps what is said in conversations.
type Transcript interface {
	// Receive writes a batch of arrivals of one customer and their receipts, in order, under the lock of the customer's row.
	// For each arrival: a known message key is a repeat and changes nothing, except that a delivery id which this conversation
	// wrote itself answers ReceiptNew again, and that other content (Fingerprint) under a known key goes to quarantine; an
	// arrival with Quarantine set goes to quarantine; an unfollow is noted, and wishes the end; everything else becomes a
	// message with the next number. The conversation's row comes with its first new message, and closes an open row that a
	// lost run left (ClosedSuperseded); if the account has no bot, a hand-over is wished with it. If the end is wished or the
	// row is closed, nothing is written and Received.Ending is set.
	Receive(ctx context.Context, in callback.Batch) (callback.Result, error)

	// ReadSituation reads how the conversation stands and what it owes. It returns ErrNotFound if it has no row (a
	// restored ledger).
	ReadSituation(ctx context.Context, c conversation.Ref) (conversation.Situation, error)

	// Turn loads the oldest message that waits for the bot, as a question, with the epoch in which it is asked. Turn.Question.TurnID
	// is "" if nothing is to be asked (no message waits, a hand-over or the end is wished, the bot does not hold it).
	Turn(ctx context.Context, c conversation.Ref) (bot.Turn, error)

	// StoreAnswer keeps a bot's answer to a turn, its messages queued for delivery, and that the customer's message waits no more. An
	// escalation wishes a hand-over; an end wishes the end, unless another message waits for the bot. The first stored answer of a
	// turn stands; a queue that does not exist is left out. If the holder has changed since epoch, or a hand-over or the end is
	// wished, nothing is stored.
	StoreAnswer(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, a bot.Answer) (conversation.Situation, error)

	// RequestHandOver wishes that people take the conversation from its bot, because the bot failed at its oldest waiting message. Where
	// a hand-over or the end is wished already, or the bot does not hold it, it changes nothing.
	RequestHandOver(ctx context.Context, c conversation.Ref, why conversation.EscalationReason) (conversation.Situation, error)

	// Due does what has fallen due by the ledger's clock, if the row still says so.
	Due(ctx context.Context, c conversation.Ref) (conversation.Situation, error)

	// MarkSending claims the lowest queued message for one attempt (a UUID), for delivery.SendingLimit: it checks that a bot's
	// message belongs to the current epoch and spends the reply allowance. While another attempt is sending, and before a message's
	// not-before, nothing is claimed. A message whose attempt has not ended in its time becomes unknown. A message that cannot be
	// sent (window closed, superseded, the account or the text unreadable) fails with a reason.
	MarkSending(ctx context.Context, c conversation.Ref, attempt string) (delivery.Marking, error)

	// RecordOutcome writes what an attempt came to. Only the attempt that owns the message may, while it is sending or
	// unknown; otherwise nothing changes. SendLater puts it back to queued, not before o.After, and refunds the allowance.
	RecordOutcome(ctx context.Context, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) (conversation.Situation, error)

	// CloseConversation ends it: state closed, epoch raised, unsent messages failed ("conversation-closed"), its work ended. The
	// reason is the one that was wished; why counts if none was. ClosedIdle does not end what an agent has or is offered.
	// Repeated it changes nothing. A conversation without a row stays without, and stands nowhere.
	CloseConversation(ctx context.Context, c conversation.Ref, why conversation.CloseReason) (conversation.Situation, error)
}

// Routing loads what rules are asked about a conversation, and writes what they decide.
type Routing interface {
	// ClassificationQuestion loads what classification rules ask before a bot's first answer: what is known of the
	// conversation, its workstream, the rules in force; no queues.
	ClassificationQuestion(ctx context.Context, c conversation.Ref, turn conversation.MessageID) (routing.Question, error)

	// StoreClassification keeps what the rules gave with the conversation, for the rules that are asked when people are, and
	// the trace. The first stored one stands. If the holder has changed since epoch, it does nothing.
	StoreClassification(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, d routing.Decision) error

	// RoutingQuestion loads everything that decides where a conversation goes whose hand-over is wished: what is known of it, its
	// workstream, the rules in force, the queues as they stand. It returns ErrClosed if it has ended or nobody wishes it.
	RoutingQuestion(ctx context.Context, c conversation.Ref) (routing.Question, error)

	// HandOver moves the conversation to the queue that was decided, if a hand-over is wished: state open, holder queue, epoch
	// raised, unsent bot messages failed ("superseded-by-person"), no message waits for the bot any more, the work item waiting, the
	// distribution triggered, the automated message stored and queued. If the decision is to end it, the end is wished. Where no
	// hand-over is wished any more it changes nothing.
	HandOver(ctx context.Context, c conversation.Ref, d routing.Decision) (conversation.Situation, error)

	// HandOverPlainly is HandOver to the tenant's default queue without rules, without a message to the customer, and with an
	// alert: for a hand-over that is itself broken (R28).
	HandOverPlainly(ctx context.Context, c conversation.Ref, why string) (conversation.Situation, error)
}

// Upkeep looks after the ledger as a whole.
type Upkeep interface {
	// Sweep repairs what crashes may have left: work of ended conversations, marks whose time is over; and lists
	// conversations that have owed something for a minute past its time, for their runs to be nudged.
	Sweep(ctx context.Context) ([]conversation.RunNotice, error)

	// RunGone ends a conversation that has no run.
	RunGone(ctx context.Context, c conversation.Ref) error

	// Forget deletes what is kept no longer, for some seconds at most, and returns how many rows of each kind are gone.
	Forget(ctx context.Context) (map[string]int64, error)
}

// Permits grants sends to WeChat within the tenant's limit over all workers (R16).
type Permits interface {
	// Take grants one send now (0), or says how long until one is reserved.
	Take(ctx context.Context, t conversation.Tenant) (wait time.Duration, err error)
	// TryTake grants one send now, or none. It reserves nothing.
	TryTake(ctx context.Context, t conversation.Tenant) (ok bool, err error)
}

// Runs reaches the runs of conversations.
type Runs interface {
	// Nudge has a run read its situation again. gone reports that there is no run.
	Nudge(ctx context.Context, workflowID string) (gone bool, err error)
}

// Bots asks the bot of an account.
type Bots interface {
	// Answer asks the question's bot. An error is the bot's failure: the conversation is then handed to people; except if the
	// FAQ's entries could not be read because the ledger is away, after which the question is asked again.
	Answer(ctx context.Context, q bot.Question) (bot.Answer, error)
}

// WeChat sends messages to customers.
type WeChat interface {
	// Prepare fetches the account's access token if none is at hand, so that SendText need not. SendSent says that it is
	// there; anything else is what a message to the account's customers would come to.
	Prepare(ctx context.Context, from wechat.Credentials) wechat.SendOutcome
	// SendText tries once to send a text to a customer, and returns the outcome.
	SendText(ctx context.Context, from wechat.Credentials, to wechat.OpenID, text string) wechat.SendOutcome
}
