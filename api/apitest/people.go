package apitest

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/secret/password"
	"wxdesk/internal/user"
)

// UnknownAgent is the id of no agent.
const UnknownAgent conversation.AgentID = "0196d3b2-4c11-7aaa-8aaa-00000000dead"

// Password is what everybody's password is who has one.
const Password = "correct horse"

// hashed is Password, once: it takes its time.
var hashed = sync.OnceValue(func() string { return password.Hash(Password) })

// People keeps in memory who may sign in and who has. Its zero value has nobody.
type People struct {
	Mu       sync.Mutex
	users    map[user.ID]*person
	sessions map[[32]byte]*session
	links    map[[32]byte]user.Link
	tries    map[string]*user.Tries
	working  map[string]bool
	made     int
	Away     error // of every question about names
	Renewed  int   // hashes
	Now      func() time.Time
}

type person struct {
	user.User
	password    string
	preferences user.Preferences
}

type session struct {
	user.Session
	of user.ID
}

func (p *People) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// Add adds somebody who may sign in with Password.
func (p *People) Add(u user.User) user.User {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	u.ID, u.Tenant, u.Version, u.HasPassword = user.ID(uuid.NewString()), conversation.DefaultTenant, 1, true
	p.put(&person{User: u, password: hashed()})
	return u
}

// Rehash gives somebody another hash.
func (p *People) Rehash(id user.ID, hash string) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.users[id].password, p.users[id].HasPassword = hash, hash != ""
}

// Enter signs somebody in, and returns the text of the session.
func (p *People) Enter(u user.User) (text string) {
	value, _, err := p.BeginSession(context.Background(), u.Tenant, u.ID, user.Opening{})
	if err != nil {
		panic(err)
	}
	return value.Reveal()
}

// EnterAs signs somebody new in who has a role, and is AgentA where that is the role agent.
func (p *People) EnterAs(role access.Role) (text string) {
	u := user.User{Name: "signed in as " + string(role), Role: role}
	if role == access.RoleAgent {
		u.AgentID = AgentA
	}
	return p.Enter(p.Add(u))
}

// ForgetTries forgets who has tried to sign in.
func (p *People) ForgetTries() {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	clear(p.tries)
}

// Invite makes a link.
func (p *People) Invite(u user.User, hereOnly bool) (code string) {
	value, _, err := p.MakeLink(context.Background(), access.Actor{Tenant: u.Tenant}, u.ID, hereOnly)
	if err != nil {
		panic(err)
	}
	return value.Reveal()
}

func (p *People) put(u *person) {
	if p.users == nil {
		p.users = map[user.ID]*person{}
		p.sessions = map[[32]byte]*session{}
		p.links = map[[32]byte]user.Link{}
		p.tries = map[string]*user.Tries{}
		p.working = map[string]bool{}
	}
	p.users[u.ID] = u
}

func (p *People) text(prefix string) (secret.Value, [32]byte) {
	p.made++
	text := prefix + strconv.Itoa(p.made)
	return secret.New(text), sha256.Sum256([]byte(text))
}

func (p *People) authenticate(hash [32]byte) (access.Principal, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	s := p.sessions[hash]
	if s == nil {
		return access.Principal{}, conversation.ErrNotFound
	}
	return p.principal(s), nil
}

func (p *People) principal(s *session) access.Principal {
	u := p.users[s.of]
	return access.Principal{Tenant: u.Tenant, UserID: string(u.ID), SessionID: s.ID, Name: u.Name, Role: u.Role, AgentID: u.AgentID}
}

func (p *People) stillGood(who access.Principal) (good []access.Principal) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	for _, s := range p.sessions {
		if s.ID == who.SessionID {
			good = append(good, p.principal(s))
		}
	}
	return good
}

func (p *People) named(name string) *person {
	for _, u := range p.users {
		if user.Key(u.Name) == user.Key(name) {
			return u
		}
	}
	return nil
}

func (p *People) CreateUser(_ context.Context, by access.Actor, u user.User) (user.User, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	switch {
	case u.AgentID == UnknownAgent:
		return u, &routing.UnknownError{Field: "agent_id"}
	case p.named(u.Name) != nil:
		return u, conversation.ErrExists
	}
	u.ID, u.Tenant, u.Version = user.ID(uuid.NewString()), by.Tenant, 1
	p.put(&person{User: u})
	return u, nil
}

func (p *People) User(_ context.Context, t conversation.Tenant, id user.ID) (user.User, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if u := p.users[id]; u != nil && u.Tenant == t {
		return u.User, nil
	}
	return user.User{}, conversation.ErrNotFound
}

func (p *People) ListUsers(_ context.Context, _ conversation.Tenant, after user.ID, limit int) (list []user.User, err error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(p.users)) {
		if id > after && len(list) < limit {
			list = append(list, p.users[id].User)
		}
	}
	return list, nil
}

func (p *People) UpdateUser(_ context.Context, by access.Actor, u user.User) (user.User, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	old := p.users[u.ID]
	switch {
	case old == nil || old.Tenant != by.Tenant:
		return u, conversation.ErrNotFound
	case old.Version != u.Version:
		return u, conversation.ErrVersion
	case old.Administers() && !u.Administers() && p.administrators() == 1:
		return u, user.ErrLastAdmin
	}
	if user.EndsSessions(old.User, u) {
		p.end(u.ID, "")
	}
	u.Version++
	old.User = u
	return u, nil
}

func (p *People) administrators() (n int) {
	for _, u := range p.users {
		if u.Administers() {
			n++
		}
	}
	return n
}

func (p *People) DeleteUser(_ context.Context, by access.Actor, id user.ID) error {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	switch u := p.users[id]; {
	case u == nil || u.Tenant != by.Tenant:
		return conversation.ErrNotFound
	case u.Administers() && p.administrators() == 1:
		return user.ErrLastAdmin
	}
	p.end(id, "")
	delete(p.users, id)
	return nil
}

func (p *People) Preferences(_ context.Context, _ conversation.Tenant, id user.ID) (string, user.Preferences, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	u := p.users[id]
	return u.Locale, u.preferences, nil
}

func (p *People) SetPreferences(_ context.Context, _ conversation.Tenant, id user.ID, locale *string, change user.Preferences) (string, user.Preferences, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	u := p.users[id]
	u.preferences = u.preferences.With(change)
	if locale != nil {
		u.Locale = *locale
	}
	return u.Locale, u.preferences, nil
}
