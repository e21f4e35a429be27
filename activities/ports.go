package activities

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
)

// Ledger is the memory of everything said and done. Every method is one transaction and may be repeated: what has been
// done is recognised by its key and answered as the first time. Methods fail with conversation.ErrNotFound,
// ErrStaleEpoch and ErrClosed where said; any other error means that the ledger could not be reached and the call may be
// tried again.
type Ledger interface {
	// AccountKeys opens what Receive needs to read an account's callbacks, replaced keys included. An account that is
	// disabled or deleted still answers: what was accepted is received.
	AccountKeys(ctx context.Context, tenant conversation.Tenant, account conversation.AccountID) (conversation.AccountKeys, error)

	// OpenPlain opens the ciphertext of a plain-mode callback, which this system sealed at the door.
	OpenPlain(h conversation.Handover) ([]byte, error)

	// Receive writes a batch of arrivals of one customer and their receipts, in order, under the lock of the customer's
	// row. For each arrival: a known message key is a repeat and changes nothing, except that a delivery id which this
	// conversation wrote itself answers ReceiptNew again, and that other content (Fingerprint) under a known key goes to
	// quarantine; an arrival with Quarantine set goes to quarantine; an unfollow is noted; everything else becomes a
	// message with the next number. The conversation's row comes with its first new message, and closes an open row that
	// a lost run left (ClosedSuperseded).
	Receive(ctx context.Context, in conversation.Batch) (conversation.Received, error)

	// Turn loads the question that a customer's message poses to the bot, or the answer that is already stored for it; for a
	// webhook also what was said right before. ErrStaleEpoch when the conversation is not the bot's any more, or not in this epoch.
	Turn(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch) (conversation.Turn, error)

	// Turns lists the messages of the customer after one that a bot is to be asked about, oldest first, at most limit.
	Turns(ctx context.Context, c conversation.Ref, after conversation.MessageID, limit int) ([]conversation.MessageID, error)

	// ClassificationQuestion loads what classification rules ask before a bot's first answer: what is known of the
	// conversation, its workstream, the rules in force; no queues. ErrNotFound where there is no such conversation.
	ClassificationQuestion(ctx context.Context, c conversation.Ref, turn conversation.MessageID) (routing.Question, error)

	// StoreClassification keeps what the rules gave with the conversation, for the rules that are asked when people are, and
	// the trace. The first stored one stands. ErrStaleEpoch when the holder has changed.
	StoreClassification(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, d routing.Decision) error

	// StoreAnswer keeps a bot's answer to a turn, its messages queued for delivery, under the lock of the conversation's
	// row. The first stored answer of a turn stands and is returned; a queue that there is not is left out of it.
	// ErrStaleEpoch when the holder has changed.
	StoreAnswer(ctx context.Context, c conversation.Ref, turn conversation.MessageID, epoch conversation.Epoch, a conversation.Answer) (conversation.StoredAnswer, error)

	// RoutingQuestion loads everything that decides where a conversation goes: what is known of it, its workstream, the rules
	// in force, the queues as they stand. turn is the message that asked for people, wish the queue that the bot named.
	// ErrNotFound where there is no such conversation, ErrClosed where it has ended.
	RoutingQuestion(ctx context.Context, c conversation.Ref, turn conversation.MessageID, wish conversation.QueueID) (routing.Question, error)

	// Enqueue hands the conversation from the bot, or from nobody, to the queue that was decided: state open, holder queue,
	// epoch raised, unsent bot messages dropped (failed, "superseded-by-person"), the work item waiting, the distribution
	// woken, the automated message stored and queued. Repeated for the same MessageID it answers the same.
	Enqueue(ctx context.Context, c conversation.Ref, h conversation.HandOver, d routing.Decision) (conversation.Enqueued, error)

	// Command does what a person asks, or refuses it; what it came to is kept with the command and answered again when it is
	// repeated.
	Command(ctx context.Context, cmd conversation.PersonCommand) (conversation.Commanded, error)

	// Due does what has fallen due by the ledger's clock, where the row still says so, and answers how the conversation stands.
	Due(ctx context.Context, c conversation.Ref) (conversation.Commanded, error)

	// MarkSending claims a queued message for one attempt: it checks that no earlier message of the conversation is still
	// queued or sending, that a bot's message belongs to the current epoch, and spends the reply allowance. A message
	// that another attempt is sending becomes unknown. Where the reply window is closed the message fails with that reason
	// ("reply-window-closed"); a spent count is left for WeChat to refuse.
	MarkSending(ctx context.Context, c conversation.Ref, id conversation.MessageID, attempt string) (conversation.Marking, error)

	// RecordOutcome writes what an attempt came to. Only the attempt that owns the message may, while it is sending or
	// unknown; otherwise nothing changes. SendLater puts it back to queued and refunds the allowance.
	RecordOutcome(ctx context.Context, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) error

	// CloseConversation ends it: state closed, epoch raised, unsent messages failed ("conversation-closed"). Repeated
	// it changes nothing. A conversation without a row stays without.
	CloseConversation(ctx context.Context, c conversation.Ref, why conversation.CloseReason) error

	// AgentGone gives the conversations that an agent is busy with or that are offered to him back to their queues, where
	// nobody has been connected for him since then; what he has put aside or is wrapping up stays his.
	AgentGone(ctx context.Context, t conversation.Tenant, id conversation.AgentID, since time.Time) error

	// AgentDay wakes the distribution and answers when the agent's day ends, in his time zone.
	AgentDay(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (time.Time, error)

	// Sweep repairs what crashes may have left: stale rows, silent API processes, messages that nobody is sending any more.
	Sweep(ctx context.Context) error
}

// Bots answers for whichever bot an account is set up with.
type Bots interface {
	// Answer asks the question's bot. An error is the bot's failure: the conversation is then handed to people; except
	// conversation.ErrLater, after which the question is asked again.
	Answer(ctx context.Context, q conversation.Question) (conversation.Answer, error)
}

// WeChat sends.
type WeChat interface {
	// SendText tries once to send a text to a customer and says what came of it.
	SendText(ctx context.Context, from wechat.Credentials, to wechat.OpenID, text string) wechat.SendOutcome
}
