package api_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// world is everything behind the API, in memory. The functions can be replaced by a test before its first request.
type world struct {
	mu            sync.Mutex
	acting        sync.Mutex // one act after the other
	accounts      map[conversation.AccountID]conversation.Account
	secrets       map[conversation.AccountID]conversation.AccountSecrets
	conversations []conversation.Conversation
	messages      []conversation.Message
	commands      map[string]command
	handovers     []conversation.Handover
	events        []conversation.Event
	quarantine    []conversation.Unreadable
	notices       map[noticeKey]time.Time
	noted         int // calls
	lookUps       int
	orders        []conversation.ActRequest // those of which the caller may see the conversation
	told          []conversation.RunNotice
	notes         []conversation.Note
	trace         []conversation.TraceStep
	work          conversation.Work
	targets       routing.Targets
	bots          botShelf
	faq           faqShelf
	agents        agentShelf
	feed          feedShelf
	spool         spoolShelf
	refusals      []conversation.AccessRefusals

	door  func(ctx context.Context, id conversation.AccountID) (conversation.Door, error)
	write func(ctx context.Context, h conversation.Handover) error
	quar  func(ctx context.Context) error
	act   func(r conversation.ActRequest) (conversation.Acted, error)
	token func(hash [32]byte) (conversation.Principal, error)

	credentials func() error // what WeChat says to AppID and AppSecret
	sources     func() ([]netip.Prefix, error)

	log *bytes.Buffer
}

type noticeKey struct {
	account conversation.AccountID
	version int64
	notice  conversation.Notice
}

type command struct {
	conversation.Acted
	body [32]byte
}

// newWorld returns a world without anything in it but four API tokens, one of each role, whose texts are the roles' names.
func newWorld() *world {
	w := &world{
		accounts: map[conversation.AccountID]conversation.Account{},
		secrets:  map[conversation.AccountID]conversation.AccountSecrets{},
		commands: map[string]command{},
		notices:  map[noticeKey]time.Time{},
		log:      &bytes.Buffer{},
	}
	w.door = func(context.Context, conversation.AccountID) (conversation.Door, error) {
		return conversation.Door{}, conversation.ErrNotFound
	}
	w.write = func(context.Context, conversation.Handover) error { return nil }
	w.quar = func(context.Context) error { return nil }
	w.credentials = func() error { return nil }
	w.sources = func() ([]netip.Prefix, error) { return nil, nil }
	w.act = func(r conversation.ActRequest) (conversation.Acted, error) {
		if r.Kind != conversation.CommandClose {
			return conversation.Acted{}, nil
		}
		return conversation.Acted{}, w.end(r.Conversation)
	}
	w.token = func(hash [32]byte) (conversation.Principal, error) {
		for _, role := range []conversation.Role{conversation.RoleAdmin, conversation.RoleSupervisor, conversation.RoleAgent} {
			if sha256.Sum256([]byte(role)) == hash {
				who := conversation.Principal{Tenant: conversation.DefaultTenant, TokenID: "token-of-" + string(role), Role: role}
				if role == conversation.RoleAgent {
					who.AgentID = agentA
				}
				return who, nil
			}
		}
		return conversation.Principal{}, conversation.ErrNotFound
	}
	return w
}

// config wires the world to the API.
func (w *world) config() api.Config {
	return api.Config{
		Callback: api.CallbackPorts{Accounts: w, Inbox: w, Spool: &w.spool, Records: w},
		Desk: api.DeskPorts{
			Conversations: w, Commands: w, RunNotices: w, Presences: &w.agents, Connections: &w.agents, Feed: &w.feed, Tokens: w,
		},
		Admin:  api.AdminPorts{Accounts: w, AccountChecks: w, Platform: w, Bots: &w.bots, FAQ: &w.faq, Setup: nobody{}, Tokens: w},
		Tokens: w, Audit: w,
		MayCall: func(_ context.Context, url string) error {
			if !strings.HasPrefix(url, "https://") {
				return conversation.ErrAddress
			}
			return nil
		},
		PublicURL: "https://desk.example/",
		EgressIPs: []string{"198.51.100.7"},
		CursorKey: bytes.Repeat([]byte{7}, 32),
		Log:       slog.New(slog.NewJSONHandler(&locked{w: w}, nil)),
	}
}

func (w *world) handler() http.Handler { return api.New(w.config()).Handler() }

// locked writes the log under the world's lock.
type locked struct{ w *world }

func (l *locked) Write(p []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.log.Write(p)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

func (w *world) Door(ctx context.Context, id conversation.AccountID) (conversation.Door, error) {
	w.mu.Lock()
	w.lookUps++
	door := w.door
	w.mu.Unlock()
	return door(ctx, id)
}

// answerDoors changes how accounts are found from now on.
func (w *world) answerDoors(door func(ctx context.Context, id conversation.AccountID) (conversation.Door, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.door = door
}

func (w *world) CustomerWrote(ctx context.Context, h conversation.Handover) error {
	if err := w.write(ctx, h); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handovers = append(w.handovers, h)
	return nil
}

func (w *world) SealPlain(_ conversation.Handover, plain []byte) string {
	return "sealed:" + base64.StdEncoding.EncodeToString(plain)
}

func (w *world) RecordEvent(_ context.Context, e conversation.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
	return nil
}

func (w *world) Quarantine(ctx context.Context, q conversation.Unreadable) error {
	if err := w.quar(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quarantine = append(w.quarantine, q)
	return nil
}

func (w *world) NoteCallback(_ context.Context, _ conversation.Tenant, id conversation.AccountID, version int64, notices []conversation.Notice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noted++
	for _, n := range notices {
		w.notices[noticeKey{id, version, n}] = time.Now()
	}
	return nil
}

func (w *world) CallbackNotices(_ context.Context, _ conversation.Tenant, id conversation.AccountID, version int64) (map[conversation.Notice]time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := map[conversation.Notice]time.Time{}
	for key, at := range w.notices {
		if key.account == id && key.version == version {
			seen[key.notice] = at
		}
	}
	return seen, nil
}

func (w *world) EventKept(_ context.Context, _ conversation.Tenant, id conversation.AccountID, messageKey string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.events, func(e conversation.Event) bool {
		return e.AccountID == id && e.MessageKey == messageKey
	}), nil
}

func (w *world) Credentials(_ context.Context, t conversation.Tenant, id conversation.AccountID) (wechat.Credentials, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, ok := w.accounts[id]
	if !ok || a.Tenant != t || a.Disabled {
		return wechat.Credentials{}, conversation.ErrNotFound
	}
	return wechat.Credentials{AccountID: string(id), AppID: a.AppID, AppSecret: w.secrets[id].AppSecret}, nil
}

func (w *world) CheckCredentials(context.Context, wechat.Credentials) error { return w.credentials() }

func (w *world) CallbackIPs(context.Context, wechat.Credentials) ([]netip.Prefix, error) {
	return w.sources()
}

func (w *world) CreateAccount(_ context.Context, by conversation.Actor, a conversation.Account, s conversation.AccountSecrets) (conversation.Account, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, other := range w.accounts {
		if other.AppID == a.AppID {
			return conversation.Account{}, conversation.ErrExists
		}
	}
	a.Version = 1
	a.CreatedAt = time.Unix(1_800_000_000+int64(len(w.accounts)), 0)
	a.UpdatedAt = a.CreatedAt
	w.accounts[a.ID], w.secrets[a.ID] = a, s
	return a, nil
}

func (w *world) Account(_ context.Context, t conversation.Tenant, id conversation.AccountID) (conversation.Account, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, ok := w.accounts[id]
	if !ok || a.Tenant != t {
		return conversation.Account{}, conversation.ErrNotFound
	}
	return a, nil
}

func (w *world) ListAccounts(_ context.Context, t conversation.Tenant, after conversation.AccountID, limit int) ([]conversation.Account, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []conversation.Account
	for _, a := range w.accounts {
		if a.Tenant == t && a.CreatedAt.After(w.accounts[after].CreatedAt) {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b conversation.Account) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return found[:min(limit, len(found))], nil
}

func (w *world) UpdateAccount(_ context.Context, _ conversation.Actor, a conversation.Account, s conversation.AccountSecrets) (conversation.Account, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.accounts[a.ID].Version != a.Version {
		return conversation.Account{}, conversation.ErrVersion
	}
	a.Version++
	kept := w.secrets[a.ID]
	for _, pair := range []struct{ kept, given *secret.Value }{
		{&kept.AppSecret, &s.AppSecret}, {&kept.Token, &s.Token}, {&kept.EncodingAESKey, &s.EncodingAESKey},
	} {
		if !pair.given.Empty() {
			*pair.kept = *pair.given
		}
	}
	if a.Mode.Encrypted() && kept.EncodingAESKey.Empty() {
		return conversation.Account{}, conversation.ErrKeyMissing
	}
	w.accounts[a.ID], w.secrets[a.ID] = a, kept
	return a, nil
}

func (w *world) DeleteAccount(_ context.Context, by conversation.Actor, id conversation.AccountID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.accounts[id].Tenant != by.Tenant {
		return conversation.ErrNotFound
	}
	delete(w.accounts, id)
	return nil
}

// Conversation finds what a viewer may see: here, supervisors and admins everything, an agent what they have or had.
func (w *world) Conversation(_ context.Context, v conversation.Viewer, id conversation.ID) (conversation.Conversation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conversations {
		if c.ID == id && sees(v, c) {
			return c, nil
		}
	}
	return conversation.Conversation{}, conversation.ErrNotFound
}

func sees(v conversation.Viewer, c conversation.Conversation) bool {
	return v.Tenant == conversation.DefaultTenant && (v.AgentID == "" || v.AgentID == c.AgentID || v.AgentID == c.LastAgent)
}

// Conversations lists those of the world in their order, which is newest first.
func (w *world) Conversations(_ context.Context, v conversation.Viewer, f conversation.Filter, after conversation.Position, limit int) ([]conversation.Conversation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []conversation.Conversation
	for _, c := range w.conversations {
		fits := cmp.Or(f.State, c.State) == c.State && cmp.Or(f.QueueID, c.QueueID) == c.QueueID &&
			cmp.Or(f.AgentID, c.AgentID) == c.AgentID && cmp.Or(f.AccountID, c.AccountID) == c.AccountID
		if fits && sees(v, c) && (after.ID == "" || c.OpenedAt.Before(after.OpenedAt)) {
			found = append(found, c)
		}
	}
	return found[:min(limit, len(found))], nil
}

func (w *world) Messages(ctx context.Context, v conversation.Viewer, id conversation.ID, afterSeq int64, limit int) ([]conversation.Message, error) {
	return part(ctx, w, v, id, w.messages, int(afterSeq), limit)
}

// Notes takes a note's place for its id.
func (w *world) Notes(ctx context.Context, v conversation.Viewer, id conversation.ID, after string, limit int) ([]conversation.Note, error) {
	from, _ := strconv.Atoi(after)
	return part(ctx, w, v, id, w.notes, from, limit)
}

func (w *world) RoutingTrace(ctx context.Context, v conversation.Viewer, id conversation.ID, after int64, limit int) ([]conversation.TraceStep, error) {
	return part(ctx, w, v, id, w.trace, int(after), limit)
}

func part[T any](ctx context.Context, w *world, v conversation.Viewer, id conversation.ID, all []T, from, limit int) ([]T, error) {
	if _, err := w.Conversation(ctx, v, id); err != nil {
		return nil, err
	}
	rest := all[min(from, len(all)):]
	return rest[:min(limit, len(rest))], nil
}

func (w *world) Targets(ctx context.Context, v conversation.Viewer, id conversation.ID) (routing.Targets, error) {
	if _, err := w.Conversation(ctx, v, id); err != nil {
		return routing.Targets{}, err
	}
	return w.targets, nil
}

func (w *world) Work(context.Context, conversation.Viewer) (conversation.Work, error) {
	return w.work, nil
}

func commandKey(r conversation.CommandRequest) string {
	return strings.Join([]string{string(r.Tenant), r.TokenID, r.Method, r.Path, r.Key}, " ")
}

// Act does what w.act says, as the ledger would: once under a key, and only for who may see the conversation.
func (w *world) Act(ctx context.Context, r conversation.ActRequest) (conversation.Acted, error) {
	w.acting.Lock()
	defer w.acting.Unlock()
	key := commandKey(r.CommandRequest)
	known, ok := w.commands[key]
	switch {
	case ok && known.body != r.BodyHash:
		return conversation.Acted{}, conversation.ErrKeyReused
	case ok:
		return known.Acted, nil
	}
	now, err := w.Conversation(ctx, r.By.Viewer(), r.Conversation)
	switch {
	case err != nil:
		return conversation.Acted{}, err
	case r.IfRevision != 0 && r.IfRevision != now.Revision:
		return conversation.Acted{Refused: conversation.RefusedStale, Conversation: now, At: time.Now()}, nil
	}
	w.mu.Lock()
	w.orders = append(w.orders, r)
	act := w.act
	w.mu.Unlock()
	done, err := act(r)
	if err != nil || done.Refused != "" {
		return done, err
	}
	if done.Conversation, err = w.Conversation(ctx, everything, r.Conversation); err != nil {
		return done, err
	}
	done.At = time.Now()
	w.commands[key] = command{done, r.BodyHash}
	done.Notice = &conversation.RunNotice{Ref: conversation.Ref{Tenant: r.Tenant, Conversation: r.Conversation}, Number: int64(len(w.orders)), Act: string(r.Kind)}
	return done, nil
}

// everything is what supervisors see.
var everything = conversation.Viewer{Tenant: conversation.DefaultTenant}

// Tell notes of which acts runs are told.
func (w *world) Tell(_ context.Context, notices ...conversation.RunNotice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, notices...)
}

// answering is a ledger that fails, or refuses.
func answering(done conversation.Acted, err error) func(conversation.ActRequest) (conversation.Acted, error) {
	return func(conversation.ActRequest) (conversation.Acted, error) { return done, err }
}

// end closes a conversation of the world.
func (w *world) end(id conversation.ID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.conversations {
		c := &w.conversations[i]
		if c.ID != id {
			continue
		}
		if c.State == conversation.StateClosed {
			return conversation.ErrClosed
		}
		c.State, c.CloseReason, c.ClosedAt = conversation.StateClosed, conversation.ClosedByPerson, c.OpenedAt.Add(time.Hour)
	}
	return nil
}

func (w *world) StillGood(_ context.Context, asked []conversation.Principal) (good []conversation.Principal, err error) {
	for _, who := range asked {
		now, err := w.token(sha256.Sum256([]byte(who.Role)))
		switch {
		case err == nil:
			good = append(good, now)
		case !errors.Is(err, conversation.ErrNotFound):
			return nil, err
		}
	}
	return good, nil
}

func (w *world) RecordRefusals(_ context.Context, list []conversation.AccessRefusals) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusals = append(w.refusals, list...)
	return nil
}

func (w *world) ListTokens(context.Context, conversation.Tenant, string, int) ([]conversation.TokenInfo, error) {
	return nil, nil
}

func (w *world) RevokeToken(context.Context, conversation.Actor, string) error {
	return conversation.ErrNotFound
}

func (w *world) Authenticate(_ context.Context, hash [32]byte) (conversation.Principal, error) {
	return w.token(hash)
}

// call sends a request to the JSON API with the token of a role ("" for none), and a body where one is given.
func call(t *testing.T, h http.Handler, role, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+role)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// requireProblem checks that an answer is a problem document of a type.
func requireProblem(t *testing.T, w *httptest.ResponseRecorder, status int, kind string) {
	t.Helper()
	require.Equal(t, status, w.Code, w.Body.String())
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	require.Contains(t, w.Body.String(), `"type":"urn:wxdesk:problem:`+kind+`"`)
}
