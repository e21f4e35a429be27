package apitest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"wxdesk/api"
	"wxdesk/api/admin"
	"wxdesk/api/callback"
	"wxdesk/api/desk"
	"wxdesk/api/events"
	"wxdesk/api/people"
	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	callbacks "wxdesk/internal/callback"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// World is everything behind the API, in memory. The functions can be replaced by a test before its first request.
type World struct {
	Mu                 sync.Mutex
	acting             sync.Mutex // one act after the other
	Accounts           map[conversation.AccountID]account.Account
	Secrets            map[conversation.AccountID]account.Secrets
	KnownConversations []conversation.Conversation
	KnownMessages      []conversation.Message
	commands           map[string]storedCommand
	Received           []callbacks.Received
	Events             []callbacks.Event
	Quarantined        []callbacks.Unreadable
	Recorded           map[recordKey]time.Time
	Noted              int // calls
	LookUps            int
	Orders             []command.Request // those of which the caller may see the conversation
	Seens              []conversation.AssignmentID
	Notified           []conversation.RunNotice
	KnownNotes         []conversation.Note
	KnownTrace         []routing.TraceStep
	KnownTimeline      conversation.Timeline
	AskedTimeline      conversation.TimelineRange
	ReadUpTo           int64
	AskedFilter        conversation.Filter // by the last count
	KnownWork          conversation.Work
	KnownTargets       routing.Targets
	KnownNames         []routing.Named
	Bots               Bots
	FAQ                FAQ
	Agents             Agents
	Feed               Feed
	Spool              Spool
	People             People
	Refusals           []access.Denials

	FindAccount    func(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error)
	TakeCallback   func(ctx context.Context, h callbacks.Received) error
	OnQuarantine   func(ctx context.Context) error
	OnAct          func(r command.Request) (command.Result, error)
	OnAuthenticate func(hash [32]byte) (access.Principal, error)

	OnCheckCredentials func() error // what WeChat says to AppID and AppSecret
	OnCallbackIPs      func() ([]netip.Prefix, error)

	log *bytes.Buffer
}

type recordKey struct {
	account conversation.AccountID
	version int64
	record  callbacks.Record
}

type storedCommand struct {
	command.Result
	body [32]byte
}

// NewWorld returns a world without anything in it but four API tokens, one of each role, whose texts are the roles' names.
func NewWorld() *World {
	w := &World{
		Accounts: map[conversation.AccountID]account.Account{},
		Secrets:  map[conversation.AccountID]account.Secrets{},
		commands: map[string]storedCommand{},
		Recorded: map[recordKey]time.Time{},
		log:      &bytes.Buffer{},
	}
	w.FindAccount = func(context.Context, conversation.AccountID) (account.CallbackAccount, error) {
		return account.CallbackAccount{}, conversation.ErrNotFound
	}
	w.TakeCallback = func(context.Context, callbacks.Received) error { return nil }
	w.OnQuarantine = func(context.Context) error { return nil }
	w.OnCheckCredentials = func() error { return nil }
	w.OnCallbackIPs = func() ([]netip.Prefix, error) { return nil, nil }
	w.OnAct = func(r command.Request) (command.Result, error) {
		if r.Kind != command.Close {
			return command.Result{}, nil
		}
		return command.Result{}, w.end(r.Conversation)
	}
	w.OnAuthenticate = func(hash [32]byte) (access.Principal, error) {
		for _, role := range []access.Role{access.RoleAdmin, access.RoleSupervisor, access.RoleAgent} {
			if sha256.Sum256([]byte(role)) == hash {
				who := access.Principal{Tenant: conversation.DefaultTenant, TokenID: "token-of-" + string(role), Role: role}
				if role == access.RoleAgent {
					who.AgentID = AgentA
				}
				return who, nil
			}
		}
		return access.Principal{}, conversation.ErrNotFound
	}
	return w
}

// Config wires the world to the API.
func (w *World) Config() api.Config {
	return api.Config{
		Callback: callback.Ports{Accounts: w, Inbox: w, Spool: &w.Spool, Records: w},
		Desk:     desk.Ports{Conversations: w, Directory: w, Commands: w, RunNotices: w, Presences: &w.Agents},
		Events:   events.Ports{Feed: &w.Feed, Connections: &w.Agents, Tokens: w},
		Admin:    admin.Ports{Accounts: w, AccountChecks: w, CallbackRecords: w, Platform: w, Bots: &w.Bots, FAQ: &w.FAQ, Setup: NoSetup{}, SeenCustomers: NoSetup{}, Agents: NoSetup{}, RoutingPlans: NoSetup{}, Tokens: w},
		People:   people.Ports{Users: &w.People, Passwords: &w.People, Sessions: &w.People, Links: &w.People, Shifts: &w.People, Presences: &w.Agents},
		Tokens:   w, Audit: w,
		MayCall: func(_ context.Context, url string) error {
			if !strings.HasPrefix(url, "https://") {
				return bot.ErrAddress
			}
			return nil
		},
		PublicURL: "https://desk.example/",
		EgressIPs: []string{"198.51.100.7"},
		CursorKey: bytes.Repeat([]byte{7}, 32),
		Log:       slog.New(slog.NewJSONHandler(&locked{w: w}, nil)),
	}
}

func (w *World) Handler() http.Handler { return api.New(w.Config()).Handler() }

// locked writes the log under the world's lock.
type locked struct{ w *World }

func (l *locked) Write(p []byte) (int, error) {
	l.w.Mu.Lock()
	defer l.w.Mu.Unlock()
	return l.w.log.Write(p)
}

func (w *World) Logged() string {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	return w.log.String()
}
