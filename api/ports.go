package api

import (
	"context"
	"net/netip"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
)

// Doors finds what the callback endpoint needs of an account.
type Doors interface {
	// Door returns an account by the id in the callback's path, with its open secrets: the current ones first, replaced
	// ones for conversation.KeyOverlap. ErrNotFound when it is unknown, deleted or disabled; ErrUnavailable (of package
	// secret) when a stored secret cannot be opened.
	Door(ctx context.Context, id conversation.AccountID) (conversation.Door, error)
}

// Inbox takes verified callbacks. Each method returns nil only when what it took is durable.
type Inbox interface {
	// CustomerWrote hands a callback to the customer's conversation, starting one where none runs.
	CustomerWrote(ctx context.Context, h conversation.Handover) error
}

// Spool keeps callbacks for conversations while Inbox cannot take them. Each method is repeatable.
type Spool interface {
	// Spool keeps a callback behind those of its conversation that wait already. Its message with the same content, spooled
	// before, changes nothing.
	Spool(ctx context.Context, h conversation.Handover) error
	// SpoolHas reports whether callbacks of a conversation wait.
	SpoolHas(ctx context.Context, t conversation.Tenant, account conversation.AccountID, c conversation.CustomerKey) (bool, error)
	// SpoolEmpty reports whether nothing waits.
	SpoolEmpty(ctx context.Context) (bool, error)
	// SpoolSize is how many callbacks wait, and for how long the oldest has.
	SpoolSize(ctx context.Context) (callbacks int64, oldest time.Duration, err error)
	// ClaimSpooled returns the first waiting callback of each of at most so many conversations, and keeps them from other
	// claims for conversation.SpoolClaim.
	ClaimSpooled(ctx context.Context, conversations int) ([]conversation.Spooled, error)
	// SpooledFrom lists the waiting callbacks of first's conversation in their order, from first on.
	SpooledFrom(ctx context.Context, first conversation.Spooled, limit int) ([]conversation.Spooled, error)
	// Unspool forgets callbacks that have been handed on.
	Unspool(ctx context.Context, ids []int64) error
}

// Records keeps callbacks that concern no conversation. Each method is repeatable.
type Records interface {
	// SealPlain seals the body of a plain-mode callback for the way to its conversation.
	SealPlain(h conversation.Handover, plain []byte) string
	// RecordEvent keeps an event that concerns no conversation; a known message key changes nothing.
	RecordEvent(ctx context.Context, e Event) error
	// Quarantine keeps an authentic callback that cannot be read.
	Quarantine(ctx context.Context, q Unreadable) error
	// NoteCallback remembers what a callback has shown about an account's set-up, as of a version of the account.
	NoteCallback(ctx context.Context, t conversation.Tenant, id conversation.AccountID, version int64, notices []conversation.Notice) error
}

// Event is an event that concerns no conversation.
type Event = conversation.Event

// Unreadable is an authentic callback that cannot be read.
type Unreadable = conversation.Unreadable

// Accounts keeps the official accounts.
type Accounts interface {
	// CreateAccount keeps a new account under a.ID. ErrExists when another account has the AppID, ErrKeyMissing when the mode
	// needs an EncodingAESKey.
	CreateAccount(ctx context.Context, by conversation.Actor, a conversation.Account, s conversation.AccountSecrets) (conversation.Account, error)
	Account(ctx context.Context, t conversation.Tenant, id conversation.AccountID) (conversation.Account, error)
	// ListAccounts pages by creation, oldest first; after is the last id of the page before, "" for the first page.
	ListAccounts(ctx context.Context, t conversation.Tenant, after conversation.AccountID, limit int) ([]conversation.Account, error)
	// UpdateAccount replaces the settings of the account where its version is still a.Version (ErrVersion otherwise), and
	// those secrets that are not empty; a replaced Token or EncodingAESKey stays for the overlap. ErrExists and
	// ErrKeyMissing as above.
	UpdateAccount(ctx context.Context, by conversation.Actor, a conversation.Account, s conversation.AccountSecrets) (conversation.Account, error)
	// DeleteAccount ends the account: its callback is unknown from now on; its conversations stay readable.
	DeleteAccount(ctx context.Context, by conversation.Actor, id conversation.AccountID) error
}

// Setups is what the ledger knows about the set-up of accounts, for trying it out.
type Setups interface {
	// Credentials opens what calling WeChat for an account needs. ErrNotFound when it is disabled or deleted.
	Credentials(ctx context.Context, t conversation.Tenant, id conversation.AccountID) (wechat.Credentials, error)
	// CallbackNotices tells what NoteCallback was told of a version of the account, and when last.
	CallbackNotices(ctx context.Context, t conversation.Tenant, id conversation.AccountID, version int64) (map[conversation.Notice]time.Time, error)
	// EventKept reports whether RecordEvent has kept an event of this message key.
	EventKept(ctx context.Context, t conversation.Tenant, id conversation.AccountID, messageKey string) (bool, error)
}

// Platform is WeChat's API, as far as setting up an account needs it. Where WeChat refused, the error is or wraps a
// WeChatRefusal.
type Platform interface {
	// CheckCredentials tries AppID and AppSecret at WeChat's token API, past every cache.
	CheckCredentials(ctx context.Context, c wechat.Credentials) error
	// CallbackIPs asks WeChat from which addresses its callbacks come.
	CallbackIPs(ctx context.Context, c wechat.Credentials) ([]netip.Prefix, error)
}

// WeChatRefusal is an error that tells what WeChat said.
type WeChatRefusal interface {
	error
	// ErrCode is WeChat's errcode; 0 where it gave none, or no answer at all.
	ErrCode() wechat.ErrCode
	// RefusedAddress is the address that we called from, where WeChat names it because it is not on the account's IP
	// allow list; otherwise the zero Addr.
	RefusedAddress() netip.Addr
}

// Transcripts are read by people. What a viewer may not see is ErrNotFound, like what is not there.
type Transcripts interface {
	Conversation(ctx context.Context, v conversation.Viewer, id conversation.ID) (conversation.Conversation, error)
	// Conversations lists newest first.
	Conversations(ctx context.Context, v conversation.Viewer, f conversation.Filter, after conversation.Position, limit int) ([]conversation.Conversation, error)
	// Messages lists oldest first; afterSeq is 0 for the beginning.
	Messages(ctx context.Context, v conversation.Viewer, id conversation.ID, afterSeq int64, limit int) ([]conversation.Message, error)
	// Notes lists oldest first; after is the last id of the page before, "" for the first page.
	Notes(ctx context.Context, v conversation.Viewer, id conversation.ID, after string, limit int) ([]conversation.Note, error)
	// RoutingTrace lists oldest first; after is the last number of the page before, 0 for the first page.
	RoutingTrace(ctx context.Context, v conversation.Viewer, id conversation.ID, after int64, limit int) ([]conversation.TraceStep, error)
	// Targets lists where a conversation may be handed on to now.
	Targets(ctx context.Context, v conversation.Viewer, id conversation.ID) (routing.Targets, error)
	// Work lists what concerns an agent now.
	Work(ctx context.Context, v conversation.Viewer) (conversation.Work, error)
}

// Commands does what people ask of conversations.
type Commands interface {
	// Act does it, or says why not; the same request with the same key has one effect, and reads the same for a day. ErrNotFound
	// where the one who asks may not see the conversation, ErrKeyReused where the key came with another request before, ErrBusy
	// where somebody else is at it for too long.
	Act(ctx context.Context, r conversation.ActRequest) (conversation.Acted, error)
}

// Notices tells runs of acts.
type Notices interface {
	// Tell tells them in the background and returns at once. What cannot be told now is told later.
	Tell(ctx context.Context, notices ...conversation.RunNotice)
}

// Presences knows how agents stand.
type Presences interface {
	// AgentNow fails with ErrNotFound when the tenant has no such agent.
	AgentNow(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error)
	// SetPresence gives an agent the presence that a person chose, or a custom one. ErrNotFound when there is no such agent, or
	// he is disabled; routing.UnknownError when there is no such custom presence.
	SetPresence(ctx context.Context, by conversation.Principal, id conversation.AgentID, p routing.Presence, custom routing.PresenceID) (routing.AgentNow, error)
}

// Connections keeps which agents have an event stream open, and at which API process. Each method may be repeated.
type Connections interface {
	// Connect records a connection, and signs its agent in where it is the first. ErrNotFound when there is no such agent, or the
	// agent is disabled.
	Connect(ctx context.Context, process string, c conversation.AgentConnection) error
	// Disconnect removes a connection. An agent who has none left is offline, and their work goes back after the grace.
	Disconnect(ctx context.Context, c conversation.AgentConnection) error
	// Heartbeat records that a process is there and which connections it has, and returns where the ledger differs.
	Heartbeat(ctx context.Context, process string, connections []string) (conversation.ConnectionDiff, error)
	// DropSilentProcesses removes the connections of processes that have been silent for conversation.ProcessSilence.
	DropSilentProcesses(ctx context.Context) error
}

// Feed is what desks are told.
type Feed interface {
	// FeedEnd is the position behind everything that desks can have been told by now.
	FeedEnd(ctx context.Context) (conversation.FeedPosition, error)
	// Feed lists at most limit things after a position.
	Feed(ctx context.Context, after conversation.FeedPosition, limit int) (conversation.Tidings, error)
	// FeedNews sends a value when there may be something new, until ctx ends.
	FeedNews(ctx context.Context) <-chan struct{}
	// QueuesOf lists the queues that agents are members of.
	QueuesOf(ctx context.Context, t conversation.Tenant, agents []conversation.AgentID) (map[conversation.AgentID][]conversation.QueueID, error)
}

// Tokens knows the bearers of API tokens.
type Tokens interface {
	// Authenticate finds the principal of a token by the SHA-256 of its text. ErrNotFound when it is unknown, revoked or expired.
	Authenticate(ctx context.Context, hash [32]byte) (conversation.Principal, error)
	// StillGood returns those of the principals, in any order, whose tokens count, as they are now.
	StillGood(ctx context.Context, asked []conversation.Principal) ([]conversation.Principal, error)
	// ListTokens lists oldest first, what counts no more included; after is the last id of the page before, "" for the first page.
	ListTokens(ctx context.Context, t conversation.Tenant, after string, limit int) ([]conversation.TokenInfo, error)
	// RevokeToken makes a token useless at once; again it changes nothing. ErrNotFound when there is none.
	RevokeToken(ctx context.Context, by conversation.Actor, id string) error
}
